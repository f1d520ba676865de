package io.github.wsbridge.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.awaitility.Awaitility;

/**
 * Runs system programs with deadlines, and with their output in files, so that no full pipe blocks them. Closing it
 * ends those that still run.
 */
final class Programs implements AutoCloseable {

    static final Duration DEADLINE = Duration.ofMinutes(3);

    private static final List<String> FOLDERS = List.of("/usr/bin", "/usr/sbin", "/bin", "/sbin");

    private final Path folder;
    private final AtomicInteger count = new AtomicInteger();
    private final Queue<Process> started = new ConcurrentLinkedQueue<>();

    Programs(Path folder) {
        this.folder = folder;
    }

    /** Returns the absolute path of a program; fails if it is missing. */
    static String find(String name, String debianPackage) {
        return FOLDERS.stream()
                .map(folder -> Path.of(folder, name))
                .filter(Files::isExecutable)
                .findFirst()
                .map(Path::toString)
                .orElseGet(() -> fail(
                        "%s is missing on this machine: install Debian's package %s, or run .ci/run, which"
                                + " installs all that the system tests need",
                        name, debianPackage));
    }

    /** Starts a program that reads nothing. */
    Running start(List<String> command) throws IOException {
        return start(command, ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
    }

    /** Starts a program with a file, or a pipe, as its standard input. */
    Running start(List<String> command, ProcessBuilder.Redirect input) throws IOException {
        String name = Path.of(command.get(0)).getFileName() + "-" + count.incrementAndGet();
        Path out = folder.resolve(name + ".out");
        Path err = folder.resolve(name + ".err");
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectInput(input)
                .redirectOutput(out.toFile())
                .redirectError(err.toFile());
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        builder.environment().keySet().removeIf(variable -> variable.startsWith("WSBRIDGE_"));
        // The default, but the script then makes no class archive, which would take a few seconds for each test.
        builder.environment().put("WSBRIDGE_JAVA_OPTS", "-Xshare:auto");
        Process process = builder.start();
        started.add(process);
        return new Running(String.join(" ", command), process, out, err);
    }

    /** Runs a program to its end; fails unless its exit code is 0. */
    String run(List<String> command) throws Exception {
        return start(command).succeeded();
    }

    @Override
    public void close() throws InterruptedException {
        for (Process process : started) {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
        for (Process process : started) {
            process.waitFor(10, TimeUnit.SECONDS);
        }
    }

    /**
     * A program that has been started.
     *
     * @param command its command line, for messages
     * @param out the file of its standard output
     * @param err the file of its standard error
     */
    record Running(String command, Process process, Path out, Path err) {

        String printed() throws IOException {
            return Files.readString(out, StandardCharsets.UTF_8);
        }

        String complaints() throws IOException {
            return Files.readString(err, StandardCharsets.UTF_8);
        }

        /** Waits for a line that contains {@code text}, on either stream, and returns it. */
        String awaitLine(String text) throws IOException {
            Awaitility.await().atMost(DEADLINE).until(() -> line(text).isPresent() || !process.isAlive());
            return line(text).orElseGet(() -> fail("never said \"%s\": %s", text, this));
        }

        private Optional<String> line(String text) throws IOException {
            return Stream.concat(printed().lines(), complaints().lines())
                    .filter(line -> line.contains(text))
                    .findFirst();
        }

        int exitCode() throws Exception {
            boolean ended = process.waitFor(DEADLINE.toSeconds(), TimeUnit.SECONDS);
            assertThat(ended).as("still runs after %s: %s", DEADLINE, this).isTrue();
            return process.exitValue();
        }

        /** Waits for its end and returns its output. */
        String succeeded() throws Exception {
            assertThat(exitCode()).as(toString()).isZero();
            return printed();
        }

        @Override
        public String toString() {
            try {
                return command + "\nprinted: " + tail(printed()) + "\ncomplained: " + tail(complaints());
            } catch (IOException e) {
                return command + "\nprinted what is no text";
            }
        }

        private static String tail(String text) {
            return text.substring(Math.max(0, text.length() - 4_000));
        }
    }
}
