package io.github.wsbridge.launcher;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.testkit.RawWebSocket;
import io.github.wsbridge.testkit.transport.TestKeys;
import java.io.BufferedReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tests what can only be seen in a separate process. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD) // reads of a process cannot be interrupted
class ProcessTest {

    @Test
    void signal_runningNode_stopsItInGoodOrderWithCode0() throws Exception {
        Process node = start("node", "--insecure", "--listen", "127.0.0.1:0");
        try (BufferedReader out = node.inputReader()) {
            assertThat(out.readLine()).startsWith("node ready: ");
            node.toHandle().destroy(); // SIGTERM; Process.destroy() would close the streams
            assertThat(out.readLine()).startsWith("node stopping: 0 live bridges");
            assertThat(out.readLine()).isEqualTo("node stopped");
            assertThat(node.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(node.exitValue()).isZero();
        } finally {
            node.destroyForcibly();
        }
    }

    @Test
    void hangup_runningNode_readsItsFilesAgainAndGoesOn() throws Exception {
        Process node = start("node", "--insecure", "--listen", "127.0.0.1:0", "--management-listen", "off");
        try (BufferedReader out = node.inputReader();
                BufferedReader err = node.errorReader()) {
            assertThat(out.readLine()).startsWith("node ready: ");
            for (int i = 0; i < 2; i++) {
                new ProcessBuilder("kill", "-HUP", String.valueOf(node.pid()))
                        .start()
                        .waitFor();
                assertThat(err.readLine()).contains("SIGHUP: there are no files to read again");
            }
            node.toHandle().destroy();
            assertThat(out.readLine()).startsWith("node stopping: ");
            assertThat(node.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(node.exitValue()).isZero();
        } finally {
            node.destroyForcibly();
        }
    }

    @Test
    void hangup_quietTunnel_logsAsMuchAsItsFileSaysNow(@TempDir Path folder) throws Exception {
        Path file = Files.writeString(folder.resolve("tunnel.properties"), "quiet=true\n");
        Process tunnel = start("tunnel", "--config=" + file, "--server=ws://127.0.0.1:1", "--forward=0=d/t");
        try (BufferedReader out = tunnel.inputReader();
                BufferedReader err = tunnel.errorReader()) {
            assertThat(out.readLine()).startsWith("tunnel ready: ");
            Files.writeString(file, "verbose=true\n");
            new ProcessBuilder("kill", "-HUP", String.valueOf(tunnel.pid()))
                    .start()
                    .waitFor();
            assertThat(err.readLine()).contains("these settings have changed: quiet, verbose");
        } finally {
            tunnel.destroyForcibly();
        }
    }

    @Test
    void hangup_tunnelOverStandardStreams_endsIt() throws Exception {
        try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            String server = "ws://127.0.0.1:" + silent.getLocalPort();
            Process tunnel = start("tunnel", "--server", server, "--device", "d", "--target", "t", "--stdio");
            try (Socket connecting = silent.accept()) {
                new ProcessBuilder("kill", "-HUP", String.valueOf(tunnel.pid()))
                        .start()
                        .waitFor();
                assertThat(tunnel.waitFor(60, TimeUnit.SECONDS)).isTrue();
                assertThat(tunnel.exitValue()).isZero();
                assertThat(connecting.getInputStream().readAllBytes()).isNotEmpty();
            } finally {
                tunnel.destroyForcibly();
            }
        }
    }

    @Test
    void log_nobodyReads_doesNotStopTheNode() throws Exception {
        Process node = start("node", "--insecure", "--listen", "127.0.0.1:0", "-v");
        try (BufferedReader out = node.inputReader()) {
            int port = Integer.parseInt(out.readLine().replaceAll(".*listens on [^ ]*:(\\d+).*", "$1"));
            String path = "/" + "x".repeat(200);
            for (int i = 0; i < 600; i++) { // a line of the log each, together more than a pipe takes
                try (RawWebSocket raw = RawWebSocket.dial(port)) {
                    raw.writeRaw(RawWebSocket.request(path, ""));
                    assertThat(raw.readHead()).startsWith("HTTP/1.1 404 ");
                }
            }
            node.toHandle().destroy();
            assertThat(out.readLine()).startsWith("node stopping: ");
            assertThat(node.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(node.exitValue()).isZero();
        } finally {
            node.destroyForcibly();
        }
    }

    @Test
    void secondSignal_endsTheDrainDelayAndTheGracePeriod() throws Exception {
        Process node = start("node", "--insecure", "--listen", "127.0.0.1:0", "--grace=1h", "--drain-delay=30m");
        try (BufferedReader out = node.inputReader()) {
            int port = Integer.parseInt(out.readLine().replaceAll(".*listens on [^ ]*:(\\d+).*", "$1"));
            assertThat(probe(port, "/readyz")).startsWith("HTTP/1.1 200 OK");
            node.toHandle().destroy(); // SIGTERM
            assertThat(out.readLine()).startsWith("node stopping: ");
            assertThat(probe(port, "/readyz")).startsWith("HTTP/1.1 503 ");
            assertThat(probe(port, "/livez")).startsWith("HTTP/1.1 200 OK");
            node.toHandle().destroy();
            assertThat(out.readLine()).isEqualTo("node stopped");
            assertThat(node.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(node.exitValue()).isZero();
        } finally {
            node.destroyForcibly();
        }
    }

    /** Asks as HAProxy does, and returns the answer. */
    private static String probe(int port, String path) throws Exception {
        try (Socket socket = new Socket("127.0.0.1", port)) {
            socket.setSoTimeout(10_000);
            socket.getOutputStream().write(("GET " + path + " HTTP/1.0\r\n\r\n").getBytes(US_ASCII));
            return new String(socket.getInputStream().readAllBytes(), US_ASCII);
        }
    }

    @Test
    void exitCode_isThatOfTheProcess() throws Exception {
        Process node = start("node");
        assertThat(node.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(node.exitValue()).isEqualTo(2);
        assertThat(node.errorReader().readLine()).contains("--insecure");
    }

    @Test
    void log_record_isOneLine() throws Exception {
        Process device =
                start("device", "--verbose", "--server", "ws://127.0.0.1:1", "--id", "d", "--target", "a=127.0.0.1:1");
        try (BufferedReader err = device.errorReader()) {
            String line;
            do { // two threads write, in any order
                line = err.readLine();
                assertThat(line).matches("\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d\\.\\d{3} (DEBUG|WARN) \\w+: .*");
            } while (!line.contains(" DEBUG "));
        } finally {
            device.destroy();
            assertThat(device.waitFor(60, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void tls_withoutTheNativeLibrary_isTheJdks() throws Exception {
        TestKeys keys = TestKeys.create();
        Process node = start(
                List.of("-Dio.netty.handler.ssl.noOpenSsl=true"),
                "node",
                "--insecure",
                "--listen",
                "127.0.0.1:0",
                "--tls-cert",
                keys.certificate().toString(),
                "--tls-key",
                keys.key().toString());
        try (BufferedReader out = node.inputReader()) {
            String ready = out.readLine();
            assertThat(ready).startsWith("node ready: ");
            int port = Integer.parseInt(ready.replaceAll(".*listens on [^ ]*:(\\d+).*", "$1"));
            try (RawWebSocket raw =
                    RawWebSocket.client(keys.context().getSocketFactory().createSocket("localhost", port))) {
                raw.writeRaw(RawWebSocket.request("/bridge/listen?deviceId=d", ""));
                assertThat(raw.readHead()).startsWith("HTTP/1.1 101 ");
            }
        } finally {
            node.destroyForcibly();
        }
    }

    private static Process start(String... args) throws Exception {
        return start(List.of(), args);
    }

    private static Process start(List<String> options, String... args) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1", // half of the CPU time of a start
                // The options of the wsbridge script; JDKs that do not know the last one ignore it.
                "-XX:+IgnoreUnrecognizedVMOptions",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow"));
        command.addAll(options);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
        command.addAll(List.of(args));
        return new ProcessBuilder(command).start();
    }
}
