package io.github.wsbridge.embedding;

import static org.assertj.core.api.Assertions.fail;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;

/** An application server in a JVM of its own, with its output in a file. */
final class ServerProcess implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofMinutes(5);

    private final Process process;
    private final Path output;

    /** Starts the JVM that runs the test with other arguments. */
    ServerProcess(Path folder, List<String> arguments) throws IOException {
        output = folder.resolve("server.log");
        List<String> command = new ArrayList<>(
                List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
        command.addAll(arguments);
        process = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly)); // if the tests are interrupted
    }

    /** Returns what the server has written. */
    String output() throws IOException {
        return Files.readString(output, StandardCharsets.UTF_8);
    }

    /** Waits for a text in the output, and returns its first group. */
    String await(Pattern text) throws IOException {
        try {
            Awaitility.await()
                    .atMost(PATIENCE)
                    .until(() -> text.matcher(output()).find() || !process.isAlive());
        } catch (ConditionTimeoutException e) {
            // handled below
        }
        Matcher found = text.matcher(output());
        return found.find() ? found.group(1) : fail("the server has not written %s:%n%s", text, output());
    }

    /** Ends the server as an operator would, by a signal; forcibly, if that does not end it. */
    @Override
    public void close() {
        process.destroy();
        try {
            process.onExit().orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS).join();
        } finally {
            process.destroyForcibly();
        }
    }
}
