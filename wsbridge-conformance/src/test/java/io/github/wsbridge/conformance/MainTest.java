package io.github.wsbridge.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
final class MainTest {

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int run(String... arguments) {
        return Main.run(new PrintWriter(out), new PrintWriter(err), arguments);
    }

    @Test
    void help_ofEachCommand_namesNoKeyButFiles() {
        for (String command : new String[] {"node", "requester", "device"}) {
            assertThat(run(command, "--help")).isZero();
        }
        assertThat(out.toString())
                .contains(
                        "Usage: wsbridge conformance node",
                        "--requester-key-file=FILE",
                        "--device-key-file=FILE",
                        "WSBRIDGE_DEVICE_KEY",
                        "--listen")
                .doesNotContain("=KEY");
    }

    @Test
    void commandsInTheDocument_areUnderstood() throws Exception {
        String prefix = "./wsbridge conformance ";
        List<String> commands = Files.readAllLines(Path.of("..", "docs", "conformance.md")).stream()
                .filter(line -> line.startsWith(prefix))
                .toList();
        assertThat(commands)
                .hasSize(6)
                .allSatisfy(command -> Main.commandLine()
                        .parseArgs(command.substring(prefix.length()).split(" ")));
    }

    @Test
    void node_noUrl_isRefused() {
        assertThat(run("node", "127.0.0.1")).isEqualTo(2);
        assertThat(err.toString()).contains("127.0.0.1 is not a node's URL");
    }

    @Test
    void node_impatient_isRefused() {
        assertThat(run("node", "--patience=-1", "ws://127.0.0.1:1")).isEqualTo(2);
        assertThat(err.toString()).contains("--patience must be");
    }

    @Test
    void clause_unknown_isRefused() {
        assertThat(run("node", "--clause=node-nothing", "ws://127.0.0.1:1")).isEqualTo(2);
        assertThat(err.toString()).contains("there is no clause node-nothing");
    }

    @Test
    void node_notThere_isSaidOnce() throws Exception {
        int port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        assertThat(run("node", "ws://127.0.0.1:" + port)).isEqualTo(1);
        assertThat(err.toString().lines()).singleElement().asString().contains("Connection refused");
        assertThat(out.toString()).isEmpty();
    }

    @Test
    void keyFile_missing_isNamed(@TempDir Path folder) {
        Path missing = folder.resolve("alice.key");
        assertThat(run("node", "--requester-key-file", missing.toString(), "ws://127.0.0.1:1"))
                .isEqualTo(1);
        assertThat(err.toString().lines()).singleElement().asString().contains("alice.key");
    }

    @Test
    void device_thatCannotBeStarted_isNamed() {
        assertThat(run("device", "--", "/no/such/program", "{url}")).isEqualTo(1);
        assertThat(err.toString().lines()).singleElement().asString().contains("/no/such/program");
    }

    @Test
    void junit_unreached_saysWhy(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("report.xml");
        assertThat(run("device", "--start-time=0.1", "--junit", file.toString()))
                .isEqualTo(1);
        assertThat(out.toString())
                .contains(
                        "waiting for the client at ws://127.0.0.1:",
                        "FAILED   device-listen",
                        "because: the device has not");
        assertThat(Files.readString(file)).contains("<failure message=\"the device has not connected\"/>");
    }
}
