package io.github.wsbridge.distribution;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Runs programs to their end, with a deadline, and without the settings of whoever runs the tests. */
final class Commands {

    private static final Duration DEADLINE = Duration.ofMinutes(5);

    private final Path folder;
    private final Map<String, String> environment;

    /**
     * @param folder the working directory
     * @param environment further variables
     */
    Commands(Path folder, Map<String, String> environment) {
        this.folder = folder;
        this.environment = environment;
    }

    /** Runs a program that must succeed, and returns what it has printed to both streams. */
    String run(String... command) throws Exception {
        Ended ended = end(command);
        assertThat(ended.code()).as(ended.toString()).isZero();
        return ended.output();
    }

    /** Runs a program to its end. */
    Ended end(String... command) throws Exception {
        Path output = Files.createTempFile(folder, "output", ".txt");
        Process process = start(output, command);
        try {
            assertThat(process.waitFor(DEADLINE.toSeconds(), TimeUnit.SECONDS))
                    .as("still runs after %s: %s", DEADLINE, String.join(" ", command))
                    .isTrue();
        } finally {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
        return new Ended(String.join(" ", command), process.exitValue(), Files.readString(output));
    }

    /** Starts a program with its output in a file. */
    Process start(Path output, String... command) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectInput(Path.of("/dev/null").toFile())
                .redirectOutput(output.toFile());
        builder.environment().keySet().removeIf(name -> name.startsWith("WSBRIDGE_") || name.startsWith("JAVA"));
        builder.environment().putAll(environment);
        return builder.start();
    }

    /** Returns the only file in the folder of the build that matches. */
    static Path built(String pattern) throws IOException {
        try (Stream<Path> files = Files.list(Path.of("target").toAbsolutePath())) {
            List<Path> found = files.filter(
                            file -> file.getFileName().toString().matches(pattern))
                    .toList();
            assertThat(found).as("made by mvn verify -Psystem: " + pattern).hasSize(1);
            return found.get(0);
        }
    }

    /** A program that has ended. */
    record Ended(String command, int code, String output) {}
}
