package io.github.wsbridge.signal.kafka;

import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.Uuid;
import org.awaitility.Awaitility;

/** Kafka's own broker, which is its own controller, in a JVM of its own. */
final class KafkaBroker implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(120);

    private final Path folder;
    private final String address;
    private Process process;

    KafkaBroker(Path folder) throws Exception {
        this.folder = folder;
        int port = freePort();
        int controller = freePort();
        address = "127.0.0.1:" + port;
        Files.writeString(folder.resolve("server.properties"), """
                process.roles=broker,controller
                node.id=1
                controller.quorum.voters=1@127.0.0.1:%1$d
                controller.listener.names=CONTROLLER
                listeners=PLAINTEXT://127.0.0.1:%2$d,CONTROLLER://127.0.0.1:%1$d
                listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
                log.dirs=%3$s
                auto.create.topics.enable=false
                offsets.topic.replication.factor=1
                """.formatted(controller, port, folder.resolve("data")));
        Process format =
                run("kafka.tools.StorageTool", "format", "-t", Uuid.randomUuid().toString(), "-c");
        if (!format.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS) || format.exitValue() != 0) {
            format.destroyForcibly();
            throw new IOException("not formatted: " + printed());
        }
        start();
    }

    /** Starts it, also again. */
    void start() throws IOException {
        process = run("kafka.Kafka");
        try (Admin admin = Admin.create(settings())) {
            Awaitility.await()
                    .atMost(PATIENCE)
                    .ignoreExceptionsInstanceOf(ExecutionException.class)
                    .until(() -> {
                        if (!process.isAlive()) {
                            throw new IllegalStateException("the broker has ended: " + printed());
                        }
                        return !admin.describeCluster().nodes().get().isEmpty();
                    });
        } catch (RuntimeException e) { // nobody else would end it
            kill();
            throw e;
        }
    }

    /** Kills it, as by a power failure. */
    void kill() {
        process.destroyForcibly().onExit().join();
    }

    /** Freezes it, so that it answers nothing, or lets it go on. */
    void signal(String name) throws Exception {
        new ProcessBuilder("kill", "-" + name, String.valueOf(process.pid()))
                .start()
                .waitFor();
    }

    Map<String, Object> settings() {
        return Map.of("bootstrap.servers", address);
    }

    void create(String topic, int partitions) throws Exception {
        try (Admin admin = Admin.create(settings())) {
            admin.createTopics(List.of(new NewTopic(topic, partitions, (short) 1)))
                    .all()
                    .get();
        }
    }

    private Process run(String main, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx384m",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                main));
        command.addAll(List.of(arguments));
        command.add(folder.resolve("server.properties").toString());
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log()))
                .start();
    }

    private File log() {
        return folder.resolve("kafka.log").toFile();
    }

    private String printed() throws IOException {
        return Files.readString(log().toPath());
    }

    /** Returns a port below the ephemeral range, so that nothing else takes it before the broker does. */
    private static int freePort() throws IOException {
        for (int tries = 0; ; tries++) {
            int port = ThreadLocalRandom.current().nextInt(10_000, 30_000);
            try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
                return socket.getLocalPort();
            } catch (IOException e) {
                if (tries > 1000) {
                    throw e;
                }
            }
        }
    }

    @Override
    public void close() {
        kill();
    }
}
