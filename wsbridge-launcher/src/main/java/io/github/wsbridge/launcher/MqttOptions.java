package io.github.wsbridge.launcher;

import io.github.wsbridge.signal.mqtt.MqttBroker;
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

/** How a node or a device reaches an MQTT broker. */
@SuppressWarnings("NullAway.Init")
final class MqttOptions {

    static final String PASSWORD = "WSBRIDGE_MQTT_PASSWORD";

    @Option(
            names = "--mqtt-server",
            paramLabel = "URL",
            description = "The broker: mqtt://HOST[:PORT] or mqtts://HOST[:PORT]")
    private @Nullable URI server;

    @Option(names = "--mqtt-version", paramLabel = "N", defaultValue = "5", description = "5 or 3 (default 5)")
    private int version;

    @Option(names = "--mqtt-user", paramLabel = "NAME", description = "The user's name at the broker")
    private @Nullable String user;

    @Option(
            names = "--mqtt-password-file",
            paramLabel = "FILE",
            description = "Holds the user's password. The environment variable " + PASSWORD + " may hold it instead")
    private @Nullable Path passwordFile;

    @Option(
            names = "--mqtt-client-id",
            paramLabel = "ID",
            description = "The client id (default: one that tells who it is)")
    private @Nullable String clientId;

    @Option(
            names = "--mqtt-topic",
            paramLabel = "TOPIC",
            defaultValue = MqttBroker.INVITATION_TOPIC,
            description = "Where invitations go (default ${DEFAULT-VALUE})")
    private String topic;

    @Option(
            names = "--mqtt-answer-topic",
            paramLabel = "TOPIC",
            defaultValue = MqttBroker.ANSWER_TOPIC,
            description = "Where devices answer (default ${DEFAULT-VALUE})")
    private String answerTopic;

    @Option(
            names = "--mqtt-ca",
            paramLabel = "FILE",
            description = "Trust these authorities (PEM; default: the platform's)")
    private @Nullable Path authorities;

    @Option(names = "--mqtt-cert", paramLabel = "FILE", description = "The client's certificate (PEM, with its chain)")
    private @Nullable Path cert;

    @Option(
            names = "--mqtt-key",
            paramLabel = "FILE",
            description = "The certificate's key (PEM, PKCS #8, not encrypted)")
    private @Nullable Path key;

    @Spec(Target.MIXEE)
    private CommandSpec command;

    /** Where the broker is, for people. */
    String place() {
        return String.valueOf(server);
    }

    MqttBroker broker(Map<String, String> env) throws IOException, GeneralSecurityException {
        if (server == null) {
            throw usage("--signal mqtt needs --mqtt-server URL");
        }
        if ((cert == null) != (key == null)) {
            throw usage("--mqtt-cert and --mqtt-key go together");
        }
        if (version != 3 && version != 5) {
            throw usage("--mqtt-version is 3 or 5");
        }
        String password = Secrets.read(passwordFile, env, PASSWORD);
        if (user == null && !password.isEmpty()) {
            throw usage("a password goes with --mqtt-user NAME");
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
            if (clientId != null) {
                broker.clientId(clientId);
            }
            if (authorities != null) {
                broker.trust(PemFiles.trust(authorities));
            }
            if (cert != null && key != null) {
                broker.key(PemFiles.keys(cert, key));
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
