package io.github.wsbridge.launcher;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** One of Debian's brokers with TLS on a free port, and one key pair for all, whose certificate names 127.0.0.1. */
final class BrokerProgram implements AutoCloseable {

    static final String PASSWORD = "right-password";

    final int port = freePort();
    final Path cert;
    final Path key;

    private final Path folder;
    private final List<Process> started = new ArrayList<>();

    BrokerProgram(Path folder) throws Exception {
        this.folder = folder;
        Path store = folder.resolve("store.p12");
        run(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                "all",
                "-keyalg",
                "EC",
                "-groupname",
                "secp256r1",
                "-dname",
                "CN=all",
                "-ext",
                "SAN=ip:127.0.0.1",
                "-validity",
                "2",
                "-storetype",
                "PKCS12",
                "-storepass",
                PASSWORD,
                "-keystore",
                store.toString());
        KeyStore pair = KeyStore.getInstance(store.toFile(), PASSWORD.toCharArray());
        cert = pem("CERTIFICATE", pair.getCertificate("all").getEncoded());
        key = pem("PRIVATE KEY", pair.getKey("all", PASSWORD.toCharArray()).getEncoded());
    }

    /** Starts it, and waits until it accepts connections. */
    void start(String program, String... arguments) throws IOException {
        Process broker = process(plus(new String[] {program(program)}, arguments));
        await().atMost(Run.PATIENCE).until(() -> {
            assertThat(broker.isAlive()).as(this::printed).isTrue();
            return answers();
        });
    }

    /** Kills what was started. */
    void kill() throws InterruptedException {
        for (Process process : started) {
            process.destroyForcibly().waitFor(20, TimeUnit.SECONDS);
        }
    }

    /** Runs a program to its end. */
    void run(String... command) throws Exception {
        Process once = process(command);
        assertThat(once.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(once.exitValue()).as(this::printed).isZero();
    }

    /** Returns a command with the options of a kind of broker for TLS, in which both ends have certificates. */
    String[] with(String kind, String scheme, String user, String... command) {
        return plus(
                command,
                "--signal",
                kind,
                "--" + kind + "-server",
                scheme + "://127.0.0.1:" + port,
                "--" + kind + "-user",
                user,
                "--" + kind + "-ca",
                cert.toString(),
                "--" + kind + "-cert",
                cert.toString(),
                "--" + kind + "-key",
                key.toString());
    }

    static String[] plus(String[] some, String... more) {
        return Stream.concat(Stream.of(some), Stream.of(more)).toArray(String[]::new);
    }

    /** Returns what comes back of a word through a tunnel to an echo; empty if the connection was reset. */
    static String echoed(int tunnel) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), tunnel)) {
            socket.setSoTimeout((int) Run.PATIENCE.toMillis());
            socket.getOutputStream().write("hello".getBytes(UTF_8));
            socket.shutdownOutput();
            return new String(socket.getInputStream().readAllBytes(), UTF_8);
        } catch (SocketException e) {
            return "";
        }
    }

    static String program(String name) {
        return Stream.of("/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin")
                .map(folder -> Path.of(folder, name))
                .filter(Files::isExecutable)
                .findFirst()
                .orElseThrow(() -> new AssertionError(name + " is missing: .ci/run installs it"))
                .toString();
    }

    private Path pem(String kind, byte[] content) throws IOException {
        String body = Base64.getMimeEncoder().encodeToString(content);
        return Files.writeString(
                folder.resolve(kind.replace(' ', '-')),
                "-----BEGIN " + kind + "-----\n" + body + "\n-----END " + kind + "-----\n");
    }

    private Process process(String... command) throws IOException {
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(
                        folder.resolve("printed").toFile()))
                .start();
        started.add(process);
        return process;
    }

    private String printed() {
        try {
            return Files.readString(folder.resolve("printed"));
        } catch (IOException e) {
            return e.toString();
        }
    }

    private boolean answers() {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return socket.isConnected();
        } catch (IOException e) {
            return false;
        }
    }

    /** Returns a port below the ephemeral range, so that nothing else takes it before the broker does. */
    private static int freePort() {
        for (int tries = 0; ; tries++) {
            int port = ThreadLocalRandom.current().nextInt(10_000, 30_000);
            try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
                return socket.getLocalPort();
            } catch (IOException e) {
                assertThat(tries).isLessThan(1000);
            }
        }
    }

    @Override
    public void close() throws InterruptedException {
        kill();
    }
}
