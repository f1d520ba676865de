package io.github.wsbridge.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Devices that ask, over real sockets. */
@Timeout(120)
class AskTest {

    private static final String NASTY = "it's \"me\"; $(touch gotcha) `touch gotcha` \u202e";

    @TempDir
    Path folder;

    private final List<Run> runs = new ArrayList<>();
    private EchoPort echo;
    private Run node;

    @BeforeEach
    void start() throws Exception {
        echo = new EchoPort();
        node = Run.of("node", "--insecure", "--listen", "127.0.0.1:0");
        runs.add(node);
        node.ready();
    }

    @AfterEach
    void stop() throws Exception {
        for (Run run : runs) {
            run.close();
        }
        echo.close();
    }

    private Run device(InputStream in, String... more) {
        List<String> arguments = new ArrayList<>(List.of(
                "device",
                "--server",
                "ws://127.0.0.1:" + node.port(),
                "--id",
                "d",
                "--target",
                "echo=127.0.0.1:" + echo.number()));
        arguments.addAll(List.of(more));
        Run device = Run.piped(in, new ByteArrayOutputStream(), arguments.toArray(String[]::new));
        runs.add(0, device);
        device.ready();
        return device;
    }

    private record Outcome(int code, String received, String err) {}

    /** Sends {@code hello} through a tunnel. */
    private final class Request {
        private final ByteArrayOutputStream received = new ByteArrayOutputStream();
        private final Run tunnel;

        Request(String reason) {
            tunnel = Run.piped(
                    new ByteArrayInputStream("hello".getBytes(StandardCharsets.UTF_8)),
                    received,
                    "tunnel",
                    "--server",
                    "ws://127.0.0.1:" + node.port(),
                    "--device",
                    "d",
                    "--target",
                    "echo",
                    "--stdio",
                    "--reason",
                    reason);
        }

        Outcome outcome() throws Exception {
            int code = tunnel.code();
            return new Outcome(code, received.toString(StandardCharsets.UTF_8), tunnel.err());
        }
    }

    @Test
    void terminal_yesAndNo_decide() throws Exception {
        PipedOutputStream keyboard = new PipedOutputStream();
        Run device = device(new PipedInputStream(keyboard), "--ask");
        Request first = new Request("printer jam");
        await().atMost(Run.PATIENCE)
                .until(() -> device.err()
                        .contains("anonymous asks for \"echo\" of d, because of \"printer jam\". Permit it? [y/N"));
        type(keyboard, "y");
        assertThat(first.outcome()).isEqualTo(new Outcome(0, "hello", ""));

        Request second = new Request("again");
        await().atMost(Run.PATIENCE).until(() -> device.err().contains("\"again\""));
        type(keyboard, "perhaps");
        await().atMost(Run.PATIENCE).until(() -> device.err().contains("Please answer y or n."));
        type(keyboard, "n");
        Outcome refused = second.outcome();
        assertThat(refused.code()).isEqualTo(1);
        assertThat(refused.err()).contains("4403 403 the person at the device said no");
    }

    private static void type(PipedOutputStream keyboard, String line) throws IOException {
        keyboard.write((line + "\n").getBytes(StandardCharsets.US_ASCII));
        keyboard.flush();
    }

    @Test
    void terminal_nobodyThere_isToldInTime() throws Exception {
        PipedOutputStream keyboard = new PipedOutputStream();
        Run device = device(new PipedInputStream(keyboard), "--ask", "--ask-timeout", "300ms");
        assertThat(new Request(NASTY).outcome().err()).contains("4403 408 nobody at the device answered in time");
        assertThat(device.err()).contains("too late").doesNotContain("\u202e");
    }

    @Test
    void terminal_closed_permitsNothing() throws Exception {
        device(InputStream.nullInputStream(), "--ask");
        assertThat(new Request("").outcome().err()).contains("4403 500 the device cannot ask anybody");
        assertThat(new Request("").outcome().err()).contains("4403 500 the device cannot ask anybody");
    }

    private Path script(String... lines) throws IOException {
        Path script = Files.write(folder.resolve("ask"), List.of(lines));
        Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwx------"));
        return script;
    }

    @Test
    void command_exitCodeDecides_andItIsToldWhoWhatAndWhy() throws Exception {
        Path said = folder.resolve("said");
        Path yes = folder.resolve("yes");
        Path script = script(
                "#!/bin/sh", "cd " + folder, "env | grep ^WSBRIDGE_ | sort > " + said, "cat", "[ -e " + yes + " ]");
        device(InputStream.nullInputStream(), "--ask-command", script.toString());
        assertThat(new Request(NASTY).outcome().err()).contains("4403 403 the person at the device said no");
        assertThat(Files.readAllLines(said))
                .contains(
                        "WSBRIDGE_ASK_DEVICE=d",
                        "WSBRIDGE_ASK_PRINCIPAL=anonymous",
                        "WSBRIDGE_ASK_REASON=" + NASTY,
                        "WSBRIDGE_ASK_TARGET=echo")
                .allMatch(line -> line.startsWith("WSBRIDGE_ASK_"));
        assertThat(folder.resolve("gotcha")).doesNotExist();
        Files.createFile(yes);
        assertThat(new Request("").outcome()).isEqualTo(new Outcome(0, "hello", ""));
    }

    @Test
    void command_takesTooLong_isKilled() throws Exception {
        Path pid = folder.resolve("pid");
        Path script = script("#!/bin/sh", "echo $$ > " + pid, "sleep 100", "exit 0");
        device(InputStream.nullInputStream(), "--ask-command", script.toString(), "--ask-timeout", "1s");
        assertThat(new Request("").outcome().err()).contains("4403 408 nobody at the device answered in time");
        long id = Long.parseLong(Files.readString(pid).strip());
        await().atMost(Run.PATIENCE)
                .until(() ->
                        ProcessHandle.of(id).map(process -> !process.isAlive()).orElse(true));
    }

    @Test
    void command_missing_permitsNothing() throws Exception {
        device(
                InputStream.nullInputStream(),
                "--ask-command",
                folder.resolve("missing").toString());
        assertThat(new Request("").outcome().err()).contains("4403 500 the device cannot ask anybody");
    }
}
