package io.github.wsbridge.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import io.github.wsbridge.client.BridgeClient;
import io.github.wsbridge.client.BridgeDevice;
import io.github.wsbridge.client.TunnelTargets;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.net.SocketFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.postgresql.PGConnection;

/** PostgreSQL's own driver, by its property {@code socketFactory}, and its server on a Unix socket at the device. */
@Tag("system")
@Timeout(value = 3, unit = TimeUnit.MINUTES)
final class PostgresSystemTest {

    @TempDir
    private Path folder;

    private final List<AutoCloseable> opened = new ArrayList<>();

    /** What the driver makes by its name, with the argument that the URL gives. */
    public static final class DeviceSockets extends SocketFactory {
        private static volatile BridgeClient client;
        private final SocketFactory sockets;

        /** Takes a device and a target. */
        public DeviceSockets(String argument) {
            String[] parts = argument.split("/", 2);
            sockets = client.socketFactory(parts[0], parts[1]);
        }

        @Override
        public Socket createSocket() throws IOException {
            return sockets.createSocket();
        }

        @Override
        public Socket createSocket(String host, int port) throws IOException {
            return sockets.createSocket(host, port);
        }

        @Override
        public Socket createSocket(String host, int port, InetAddress local, int localPort) throws IOException {
            return sockets.createSocket(host, port);
        }

        @Override
        public Socket createSocket(InetAddress host, int port) throws IOException {
            return sockets.createSocket(host, port);
        }

        @Override
        public Socket createSocket(InetAddress host, int port, InetAddress local, int localPort) throws IOException {
            return sockets.createSocket(host, port);
        }
    }

    @BeforeEach
    void start() throws Exception {
        Programs programs = new Programs(folder);
        opened.add(programs);
        Path run = startServer(programs);
        Cluster cluster = Cluster.start(2);
        opened.add(cluster);
        BridgeDevice device = BridgeDevice.builder(
                        "device-1",
                        cluster.url(),
                        TunnelTargets.builder()
                                .target("db", "unix:" + run.resolve(".s.PGSQL.5432"))
                                .build())
                .build()
                .start();
        opened.add(device);
        device.listening().toCompletableFuture().get(30, TimeUnit.SECONDS);
        DeviceSockets.client = BridgeClient.builder(cluster.url()).build();
        opened.add(DeviceSockets.client);
    }

    @AfterEach
    void stop() throws Exception {
        for (int i = opened.size() - 1; i >= 0; i--) {
            opened.get(i).close();
        }
    }

    /** Starts a server that listens on a Unix socket only, in the folder that it returns; it does not run as root. */
    private Path startServer(Programs programs) throws Exception {
        Path run = Files.createDirectory(folder.resolve("postgres"));
        List<String> as = List.of();
        if (System.getProperty("user.name").equals("root")) {
            Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx--x--x"));
            Files.setOwner(
                    run, folder.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName("postgres"));
            as = List.of(Programs.find("runuser", "util-linux"), "-u", "postgres", "--");
        }
        Path data = run.resolve("data");
        // Whatever the locale of this machine is; and nothing is left in /dev/shm when it is killed.
        programs.run(command(
                as, program("initdb"), "--no-locale", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "-N"));
        programs.start(command(
                        as,
                        program("postgres"),
                        "-D",
                        data,
                        "-k",
                        run,
                        "-c",
                        "listen_addresses=",
                        "-c",
                        "fsync=off",
                        "-c",
                        "dynamic_shared_memory_type=mmap"))
                .awaitLine("ready to accept connections");
        return run;
    }

    private static String program(String name) throws IOException {
        try (Stream<Path> versions = Files.list(Path.of("/usr/lib/postgresql"))) {
            return versions.map(version -> version.resolve("bin").resolve(name))
                    .filter(Files::isExecutable)
                    .findFirst()
                    .map(Path::toString)
                    .orElseGet(() -> fail(name + " is missing on this machine: install Debian's package postgresql"));
        }
    }

    private static List<String> command(List<String> as, Object... parts) {
        List<String> command = new ArrayList<>(as);
        Stream.of(parts).map(Object::toString).forEach(command::add);
        return command;
    }

    private static Connection connect() throws SQLException {
        return DriverManager.getConnection("jdbc:postgresql://device-1.invalid/postgres?user=postgres"
                + "&socketFactory=" + DeviceSockets.class.getName() + "&socketFactoryArg=device-1/db");
    }

    @Test
    void driver_reachesTheDatabaseOfADevice() throws Exception {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            statement.execute("create table readings (id int primary key, value text)");
            connection.setAutoCommit(false);
            try (PreparedStatement insert = connection.prepareStatement("insert into readings values (?, ?)")) {
                for (int i = 0; i < 5_000; i++) {
                    insert.setInt(1, i);
                    insert.setString(2, "value " + i);
                    insert.addBatch();
                }
                insert.executeBatch();
            }
            connection.commit();
            connection.setAutoCommit(true);
            try (ResultSet sum = statement.executeQuery("select count(*), sum(length(value)) from readings")) {
                assertThat(sum.next()).isTrue();
                assertThat(sum.getInt(1)).isEqualTo(5_000);
            }

            // The driver waits for a message by a short SO_TIMEOUT.
            statement.execute("listen news");
            try (Connection other = connect();
                    Statement notify = other.createStatement()) {
                notify.execute("notify news, 'fresh'");
            }
            assertThat(connection.unwrap(PGConnection.class).getNotifications(10_000))
                    .singleElement()
                    .satisfies(news -> assertThat(news.getParameter()).isEqualTo("fresh"));

            // A query is cancelled over another connection.
            statement.setQueryTimeout(1);
            assertThatThrownBy(() -> statement.execute("select pg_sleep(60)"))
                    .isInstanceOfSatisfying(
                            SQLException.class,
                            cancelled -> assertThat(cancelled.getSQLState()).isEqualTo("57014"));
            statement.setQueryTimeout(0);

            connection.setNetworkTimeout(Runnable::run, 200);
            assertThatThrownBy(() -> statement.execute("select pg_sleep(60)"))
                    .hasRootCauseInstanceOf(SocketTimeoutException.class);
            assertThat(connection.isClosed()).isTrue();
        }
    }
}
