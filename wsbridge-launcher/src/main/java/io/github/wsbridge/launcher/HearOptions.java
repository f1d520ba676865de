package io.github.wsbridge.launcher;

import com.microsoft.azure.sdk.iot.device.IotHubClientProtocol;
import io.github.wsbridge.client.BridgeDevice;
import io.github.wsbridge.signal.iothub.IotHubInvitations;
import io.github.wsbridge.signal.mqtt.MqttInvitations;
import io.github.wsbridge.spi.InvitationSource;
import io.github.wsbridge.spi.Proxies;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Spec.Target;

/** Options for the secondary channels over which a device receives invitations. */
@SuppressWarnings("NullAway.Init")
final class HearOptions {

    static final String IOTHUB_CONNECTION = "WSBRIDGE_IOTHUB_DEVICE_CONNECTION_STRING";

    @Option(
            names = "--signal",
            paramLabel = "NAME",
            split = ",",
            defaultValue = "listen",
            description = "Where to receive invitations: listen, mqtt, nats, redis or iothub; several may be given,"
                    + " separated by commas (default ${DEFAULT-VALUE}, a WebSocket to the server)")
    private List<String> channels;

    @Option(
            names = "--listen-keepalive",
            paramLabel = "TIME",
            defaultValue = "2500ms",
            description = "How often the WebSocket to the server is checked; a node that has frozen is left after"
                    + " three times this (default ${DEFAULT-VALUE}); longer costs less traffic")
    private Duration listenKeepalive;

    @Mixin
    private MqttOptions mqtt;

    @Mixin
    private NatsOptions nats;

    @Mixin
    private RedisOptions redis;

    @Option(
            names = "--iothub-connection-file",
            paramLabel = "FILE",
            description = "A file that contains the device's connection string. The string may instead be"
                    + " given in the environment variable " + IOTHUB_CONNECTION)
    private @Nullable Path iotHubFile;

    @Spec(Target.MIXEE)
    private CommandSpec command;

    /** Adds the channels to a device, which closes them. If one cannot be set up, none is left open. */
    void addTo(
            BridgeDevice.Builder device,
            String deviceId,
            Map<String, String> env,
            @Nullable Proxies proxies,
            Reloads reloads)
            throws IOException, GeneralSecurityException {
        device.listen(channels.contains("listen"));
        try {
            device.listenKeepAlive(listenKeepalive);
        } catch (IllegalArgumentException e) {
            throw usage("--listen-keepalive must be positive");
        }
        List<InvitationSource> opened = new ArrayList<>();
        try {
            for (String name : new LinkedHashSet<>(channels)) {
                if (!name.equals("listen")) {
                    InvitationSource source = open(name, deviceId, env, proxies, reloads);
                    opened.add(source);
                    device.source(source);
                }
            }
        } catch (IOException | GeneralSecurityException | RuntimeException e) {
            opened.forEach(InvitationSource::close);
            throw e;
        }
    }

    private InvitationSource open(
            String name, String deviceId, Map<String, String> env, @Nullable Proxies proxies, Reloads reloads)
            throws IOException, GeneralSecurityException {
        return switch (name) {
            case "mqtt" -> MqttInvitations.create(mqtt.broker(env, proxies, reloads), deviceId);
            case "nats" -> nats.source(deviceId, env, reloads);
            case "redis" -> redis.source(deviceId, env, reloads);
            case "iothub" -> iotHub(env, reloads);
            default -> throw usage("--signal must be listen, mqtt, nats, redis or iothub, not " + name);
        };
    }

    /** Returns where invitations come from, for display. One of these places is enough. */
    String places(String servers) {
        return channels.stream()
                .map(name -> switch (name) {
                    case "mqtt" -> mqtt.place();
                    case "nats" -> nats.place();
                    case "redis" -> redis.place();
                    case "iothub" -> "its IoT hub";
                    default -> servers;
                })
                .distinct()
                .collect(Collectors.joining(" or "));
    }

    private IotHubInvitations iotHub(Map<String, String> env, Reloads reloads) throws IOException {
        String connection = Secrets.read(iotHubFile, env, IOTHUB_CONNECTION);
        reloads.untilRestart("--iothub-connection-file", iotHubFile);
        if (connection.isEmpty()) {
            throw usage("--signal iothub requires --iothub-connection-file FILE or " + IOTHUB_CONNECTION);
        }
        try {
            return IotHubInvitations.builder(connection, IotHubClientProtocol.MQTT)
                    .build();
        } catch (IllegalArgumentException e) {
            throw usage(String.valueOf(e.getMessage()));
        }
    }

    private ParameterException usage(String message) {
        return new ParameterException(command.commandLine(), message);
    }
}
