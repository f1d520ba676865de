package io.github.wsbridge.launcher;

import io.github.wsbridge.signal.mqtt.MqttBroker;
import io.github.wsbridge.spi.Proxies;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Spec.Target;

/** Options for connecting to an MQTT broker, shared by {@code node} and {@code device}. */
@SuppressWarnings("NullAway.Init")
final class MqttOptions {

    static final String PASSWORD = "WSBRIDGE_MQTT_PASSWORD";

    @Option(
            names = "--mqtt-server",
            paramLabel = "URL",
            description = "The broker: mqtt://HOST[:PORT] or mqtts://HOST[:PORT]")
    private @Nullable URI server;

    @Option(
            names = "--mqtt-version",
            paramLabel = "N",
            defaultValue = "5",
            description = "The MQTT version, 5 or 3 for 3.1.1 (default 5)")
    private int version;

    @Option(names = "--mqtt-user", paramLabel = "NAME", description = "The user name")
    private @Nullable String user;

    @Option(
            names = "--mqtt-password-file",
            paramLabel = "FILE",
            description = "A file that contains the password. The password may instead be given in the"
                    + " environment variable " + PASSWORD)
    private @Nullable Path passwordFile;

    @Option(
            names = "--mqtt-client-id",
            paramLabel = "ID",
            description = "The client id (default: derived from the device id; random for a node)")
    private @Nullable String clientId;

    @Option(
            names = "--mqtt-topic",
            paramLabel = "TOPIC",
            defaultValue = MqttBroker.INVITATION_TOPIC,
            description = "The topic for invitations (default ${DEFAULT-VALUE})")
    private String topic;

    @Option(
            names = "--mqtt-answer-topic",
            paramLabel = "TOPIC",
            defaultValue = MqttBroker.ANSWER_TOPIC,
            description = "The topic for devices' answers (default ${DEFAULT-VALUE})")
    private String answerTopic;

    @Option(
            names = "--mqtt-ca",
            paramLabel = "FILE",
            description = "The certificate authorities to trust (PEM; default: the platform's)")
    private @Nullable Path authorities;

    @Option(
            names = "--mqtt-cert",
            paramLabel = "FILE",
            description = "The client certificate (PEM, including its chain)")
    private @Nullable Path cert;

    @Option(
            names = "--mqtt-key",
            paramLabel = "FILE",
            description = "The private key of the certificate (PEM; default: in the file of the certificate)")
    private @Nullable Path key;

    @Option(
            names = "--mqtt-key-password-file",
            paramLabel = "FILE",
            description = "A file that contains the password of an encrypted key")
    private @Nullable Path keyPassword;

    @Spec(Target.MIXEE)
    private CommandSpec command;

    /** Returns the broker's address for display. */
    String place() {
        return String.valueOf(server);
    }

    /** Returns the broker. Its certificates are read again when their files change, for the next connection. */
    MqttBroker broker(Map<String, String> env, @Nullable Proxies proxies, Reloads reloads)
            throws IOException, GeneralSecurityException {
        if (server == null) {
            throw usage("--signal mqtt requires --mqtt-server URL");
        }
        if (cert == null && (key != null || keyPassword != null)) {
            throw usage("--mqtt-key requires --mqtt-cert FILE");
        }
        if (version != 3 && version != 5) {
            throw usage("--mqtt-version must be 3 or 5");
        }
        String password = Secrets.read(passwordFile, env, PASSWORD);
        reloads.untilRestart("--mqtt-password-file", passwordFile);
        if (user == null && !password.isEmpty()) {
            throw usage("a password requires --mqtt-user NAME");
        }
        try {
            MqttBroker.Builder broker = MqttBroker.builder(server)
                    .mqtt3(version == 3)
                    .invitationTopic(topic)
                    .answerTopic(answerTopic);
            if (user != null && password.isEmpty()) {
                broker.user(user);
            } else if (user != null) {
                broker.user(user, password);
            }
            if (proxies != null) {
                broker.proxies(proxies);
            }
            if (clientId != null) {
                broker.clientId(clientId);
            }
            if (authorities != null) {
                broker.trust(BrokerTls.trust("MQTT", authorities, reloads));
            }
            if (cert != null) {
                broker.key(BrokerTls.keys("MQTT", cert, key, keyPassword, reloads));
            }
            return broker.build();
        } catch (IllegalArgumentException e) {
            throw usage(String.valueOf(e.getMessage()));
        }
    }

    private ParameterException usage(String message) {
        return new ParameterException(command.commandLine(), message);
    }
}
