package io.github.wsbridge.signal.mqtt;

import com.hivemq.embedded.EmbeddedExtension;
import com.hivemq.embedded.EmbeddedHiveMQ;
import com.hivemq.extension.sdk.api.ExtensionMain;
import com.hivemq.extension.sdk.api.auth.SimpleAuthenticator;
import com.hivemq.extension.sdk.api.packets.connect.ConnackReasonCode;
import com.hivemq.extension.sdk.api.packets.publish.AckReasonCode;
import com.hivemq.extension.sdk.api.parameter.ExtensionStartInput;
import com.hivemq.extension.sdk.api.parameter.ExtensionStartOutput;
import com.hivemq.extension.sdk.api.parameter.ExtensionStopInput;
import com.hivemq.extension.sdk.api.parameter.ExtensionStopOutput;
import com.hivemq.extension.sdk.api.services.Services;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * HiveMQ's broker inside the test JVM, on loopback ports that stay the same after a restart. Clients with a user name
 * need the password; those without one may do everything.
 */
final class EmbeddedBroker {

    static final String PASSWORD = "right-password";

    private static EmbeddedBroker shared;

    /** Whether it refuses messages. */
    volatile boolean overQuota;

    private final Path folder;
    private final TestKeys keys;
    private final List<Integer> ports = Ports.free(3);
    private EmbeddedHiveMQ broker;

    private EmbeddedBroker() throws Exception {
        folder = Files.createTempDirectory("broker");
        Runtime.getRuntime().addShutdownHook(new Thread(this::clean, "broker-cleaner"));
        keys = TestKeys.create(folder);
        for (String name : List.of("conf", "data", "extensions")) {
            Files.createDirectory(folder.resolve(name));
        }
        Files.writeString(folder.resolve("conf/config.xml"), configuration());
    }

    /** Returns the shared broker of all tests that do not stop it; it ends with the JVM. */
    static synchronized EmbeddedBroker shared() throws Exception {
        if (shared == null) {
            shared = new EmbeddedBroker();
            shared.start();
        }
        return shared;
    }

    /** Creates a broker for one test. */
    static EmbeddedBroker own() throws Exception {
        EmbeddedBroker broker = new EmbeddedBroker();
        broker.start();
        return broker;
    }

    /** The address that needs neither TLS nor a user. */
    int port() {
        return ports.get(0);
    }

    MqttBroker.Builder client() {
        return MqttBroker.builder(URI.create("mqtt://127.0.0.1:" + port()));
    }

    URI tls(String host) {
        return URI.create("mqtts://" + host + ":" + ports.get(1));
    }

    /** The address that requires a client certificate. */
    URI mutualTls(String host) {
        return URI.create("mqtts://" + host + ":" + ports.get(2));
    }

    TestKeys keys() {
        return keys;
    }

    private String configuration() {
        return """
                <hivemq>
                  <listeners>
                    <tcp-listener><port>%d</port><bind-address>127.0.0.1</bind-address></tcp-listener>
                    %s%s
                  </listeners>
                  <persistence><mode>in-memory</mode></persistence>
                  <anonymous-usage-statistics><enabled>false</enabled></anonymous-usage-statistics>
                </hivemq>
                """.formatted(ports.get(0), tlsListener(ports.get(1), "NONE"), tlsListener(ports.get(2), "REQUIRED"));
    }

    private String tlsListener(int port, String clientAuthentication) {
        return """
                <tls-tcp-listener>
                  <port>%d</port><bind-address>127.0.0.1</bind-address>
                  <tls>
                    <keystore><path>%s</path><password>%s</password>\
                <private-key-password>%s</private-key-password></keystore>
                    <truststore><path>%s</path><password>%s</password></truststore>
                    <client-authentication-mode>%s</client-authentication-mode>
                  </tls>
                </tls-tcp-listener>
                """.formatted(
                        port,
                        keys.server(),
                        TestKeys.PASSWORD,
                        TestKeys.PASSWORD,
                        keys.authorities(),
                        TestKeys.PASSWORD,
                        clientAuthentication);
    }

    void start() throws Exception {
        broker = EmbeddedHiveMQ.builder()
                .withConfigurationFolder(folder.resolve("conf"))
                .withDataFolder(folder.resolve("data"))
                .withExtensionsFolder(folder.resolve("extensions"))
                .withEmbeddedExtension(EmbeddedExtension.builder()
                        .withId("settings")
                        .withName("settings")
                        .withVersion("1")
                        .withExtensionMain(new Settings())
                        .build())
                .withoutLoggingBootstrap()
                .build();
        broker.start().get(60, TimeUnit.SECONDS);
    }

    void stop() throws Exception {
        broker.stop().get(60, TimeUnit.SECONDS);
    }

    /** Stops it without waiting for the end, which takes seconds. */
    void end() {
        broker.stop();
    }

    private void clean() {
        try (Stream<Path> files = Files.walk(folder)) {
            files.sorted(Comparator.reverseOrder())
                    .forEach(file -> file.toFile().delete());
        } catch (IOException | UncheckedIOException e) {
            // the running broker adds and removes files itself
        }
    }

    private final class Settings implements ExtensionMain {

        @Override
        public void extensionStart(ExtensionStartInput input, ExtensionStartOutput output) {
            SimpleAuthenticator authenticator = (connecting, decision) -> {
                var packet = connecting.getConnectPacket();
                boolean good = packet.getUserName().isEmpty()
                        || packet.getPassword()
                                .map(sent -> StandardCharsets.UTF_8.decode(sent).toString())
                                .filter(PASSWORD::equals)
                                .isPresent();
                if (good) {
                    decision.authenticateSuccessfully();
                } else {
                    decision.failAuthentication(ConnackReasonCode.BAD_USER_NAME_OR_PASSWORD);
                }
            };
            Services.initializerRegistry().setClientInitializer((client, context) -> {
                context.addPublishInboundInterceptor((publish, decision) -> {
                    if (overQuota) {
                        decision.preventPublishDelivery(AckReasonCode.QUOTA_EXCEEDED);
                    }
                });
            });
            Services.securityRegistry().setAuthenticatorProvider(provided -> authenticator);
        }

        @Override
        public void extensionStop(ExtensionStopInput input, ExtensionStopOutput output) {}
    }
}
