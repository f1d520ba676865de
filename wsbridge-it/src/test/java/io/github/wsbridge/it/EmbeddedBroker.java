package io.github.wsbridge.it;

import com.hivemq.embedded.EmbeddedHiveMQ;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** HiveMQ's broker inside the test JVM, on a loopback port that stays the same after a restart. */
final class EmbeddedBroker implements AutoCloseable {

    private final Path folder;
    private final int port;
    private EmbeddedHiveMQ broker;

    EmbeddedBroker(Path folder) throws Exception {
        this.folder = folder;
        port = Cluster.freePorts(1).get(0).getPort();
        for (String name : List.of("conf", "data", "extensions")) {
            Files.createDirectory(folder.resolve(name));
        }
        Files.writeString(folder.resolve("conf/config.xml"), """
                <hivemq>
                  <listeners>
                    <tcp-listener><port>%d</port><bind-address>127.0.0.1</bind-address></tcp-listener>
                  </listeners>
                  <persistence><mode>in-memory</mode></persistence>
                  <anonymous-usage-statistics><enabled>false</enabled></anonymous-usage-statistics>
                </hivemq>
                """.formatted(port));
        start();
    }

    URI uri() {
        return URI.create("mqtt://127.0.0.1:" + port);
    }

    void start() throws Exception {
        broker = EmbeddedHiveMQ.builder()
                .withConfigurationFolder(folder.resolve("conf"))
                .withDataFolder(folder.resolve("data"))
                .withExtensionsFolder(folder.resolve("extensions"))
                .withoutLoggingBootstrap()
                .build();
        broker.start().get(60, TimeUnit.SECONDS);
    }

    void stop() throws Exception {
        broker.stop().get(60, TimeUnit.SECONDS);
    }

    @Override
    public void close() throws Exception {
        broker.close();
    }
}
