package io.github.wsbridge.launcher;

import io.github.wsbridge.core.BridgeNode;
import io.github.wsbridge.signal.iothub.IotHubSignaller;
import io.github.wsbridge.signal.mqtt.MqttSignaller;
import io.github.wsbridge.signal.webhook.WebhookKey;
import io.github.wsbridge.signal.webhook.WebhookSignaller;
import io.github.wsbridge.spi.Proxies;
import io.github.wsbridge.spi.Signaller;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Spec.Target;

/** Options for a node's secondary channels, in addition to the built-in listen socket. */
@SuppressWarnings("NullAway.Init")
final class SignalOptions {

    static final String WEBHOOK_KEY = "WSBRIDGE_WEBHOOK_KEY";
    static final String IOTHUB_CONNECTION = "WSBRIDGE_IOTHUB_CONNECTION_STRING";

    @Option(
            names = "--signal",
            paramLabel = "[PATTERN=]NAME",
            split = ",",
            description =
                    "An additional secondary channel: mqtt, nats, redis, webhook or iothub. With a pattern such as"
                            + " lab-*, it is used only for devices whose ids match. Several channels are tried in the"
                            + " given order, after the listen socket")
    @Nullable
    private List<String> channels;

    @Mixin
    private MqttOptions mqtt;

    @Mixin
    private NatsOptions nats;

    @Mixin
    private RedisOptions redis;

    @Mixin
    private ProxyOptions proxy;

    @Option(names = "--webhook-url", paramLabel = "URL", description = "The URL to post invitations to, https or http")
    private @Nullable URI webhookUrl;

    @Option(
            names = "--webhook-key-file",
            paramLabel = "FILE",
            description = "A file that contains the signing key, at least 32 bytes, unless --webhook-form says"
                    + " otherwise. The key may instead be"
                    + " given in the environment variable " + WEBHOOK_KEY)
    private @Nullable Path webhookKeyFile;

    @Option(
            names = "--webhook-form",
            paramLabel = "FORM",
            defaultValue = "wsbridge",
            description = "The form of the signatures: wsbridge; or standard, that of Standard Webhooks, whose key is"
                    + " whsec_ and 24 to 64 bytes in base64 (default ${DEFAULT-VALUE})")
    private WebhookForm webhookForm;

    @Option(
            names = "--iothub-connection-file",
            paramLabel = "FILE",
            description = "A file that contains the hub's service connection string. The string may instead"
                    + " be given in the environment variable " + IOTHUB_CONNECTION)
    private @Nullable Path iotHubFile;

    @Option(
            names = "--iothub-mode",
            paramLabel = "MODE",
            defaultValue = "method",
            description = "method invokes a direct method on the device, message sends a cloud-to-device message"
                    + " (default ${DEFAULT-VALUE})")
    private String iotHubMode;

    @Spec(Target.MIXEE)
    private CommandSpec command;

    /** The forms of signatures, as typed by users. */
    @SuppressWarnings("java:S115")
    enum WebhookForm {
        wsbridge,
        standard
    }

    /** A channel and the pattern of the device ids it serves. */
    private record Channel(String pattern, String name) {}

    /**
     * Adds the channels to a node, which closes them once it is built. If one cannot be set up, none is left open. A
     * channel with several patterns is opened only once, because its client id cannot be connected twice.
     *
     * @return the channels, for the caller to close if the node is not built
     */
    Collection<Signaller> addTo(BridgeNode.Builder node, Map<String, String> env, Reloads reloads)
            throws IOException, GeneralSecurityException {
        if (channels == null) {
            return List.of();
        }
        Map<String, Signaller> opened = new LinkedHashMap<>();
        try {
            for (Channel channel : channels.stream().map(this::parse).toList()) {
                Signaller signaller = opened.get(channel.name());
                if (signaller == null) {
                    signaller = open(channel.name(), env, reloads);
                    opened.put(channel.name(), signaller);
                }
                node.signaller(channel.pattern(), signaller);
            }
        } catch (IOException | GeneralSecurityException | RuntimeException e) {
            opened.values().forEach(Signaller::close);
            throw e;
        }
        return opened.values();
    }

    private Channel parse(String text) {
        int equals = text.lastIndexOf('=');
        if (equals == 0) {
            throw usage("--signal " + text + " has no device-id pattern before the =");
        }
        return equals < 0 ? new Channel("*", text) : new Channel(text.substring(0, equals), text.substring(equals + 1));
    }

    private Signaller open(String name, Map<String, String> env, Reloads reloads)
            throws IOException, GeneralSecurityException {
        return switch (name) {
            case "mqtt" -> MqttSignaller.create(mqtt.broker(env, proxy.proxies(env), reloads));
            case "nats" -> nats.signaller(env, reloads);
            case "redis" -> redis.signaller(env, reloads);
            case "webhook" -> webhook(env, reloads);
            case "iothub" -> iotHub(env, reloads);
            default -> throw usage("--signal must be mqtt, nats, redis, webhook or iothub, not " + name);
        };
    }

    private Signaller webhook(Map<String, String> env, Reloads reloads) throws IOException {
        String key = Secrets.read(webhookKeyFile, env, WEBHOOK_KEY);
        reloads.untilRestart("--webhook-key-file", webhookKeyFile);
        if (webhookUrl == null || key.isEmpty()) {
            throw usage("--signal webhook requires --webhook-url URL, and --webhook-key-file FILE or " + WEBHOOK_KEY);
        }
        try {
            WebhookSignaller.Builder webhook = WebhookSignaller.builder(
                    webhookUrl, webhookForm == WebhookForm.standard ? WebhookKey.standard(key) : WebhookKey.of(key));
            Proxies proxies = proxy.proxies(env);
            if (proxies != null) {
                webhook.proxies(proxies);
            }
            return webhook.build();
        } catch (IllegalArgumentException e) {
            throw usage(String.valueOf(e.getMessage()));
        }
    }

    private Signaller iotHub(Map<String, String> env, Reloads reloads) throws IOException {
        String connection = Secrets.read(iotHubFile, env, IOTHUB_CONNECTION);
        reloads.untilRestart("--iothub-connection-file", iotHubFile);
        if (connection.isEmpty()) {
            throw usage("--signal iothub requires --iothub-connection-file FILE or " + IOTHUB_CONNECTION);
        }
        if (!iotHubMode.equals("method") && !iotHubMode.equals("message")) {
            throw usage("--iothub-mode must be method or message");
        }
        try {
            IotHubSignaller.Builder hub = IotHubSignaller.builder(connection);
            return (iotHubMode.equals("message") ? hub.cloudToDevice() : hub).build();
        } catch (IllegalArgumentException e) {
            throw usage(String.valueOf(e.getMessage()));
        }
    }

    private ParameterException usage(String message) {
        return new ParameterException(command.commandLine(), message);
    }
}
