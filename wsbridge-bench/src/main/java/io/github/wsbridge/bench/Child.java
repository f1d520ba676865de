package io.github.wsbridge.bench;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * A process started by a run.
 *
 * @param name the name for messages
 * @param log the file with its output
 */
record Child(String name, Process process, Path log) {

    private static final Duration READY = Duration.ofSeconds(60);
    private static final Duration LOOK = Duration.ofMillis(5);
    private static final int PROBE_MILLIS = 1_000;

    long pid() {
        return process.pid();
    }

    /** Waits for a line that contains {@code text}, and returns it. */
    String awaitLine(String text) throws IOException, InterruptedException {
        String[] found = new String[1];
        Waiting.until(READY, LOOK, () -> name + " does not say \"" + text + "\": " + printed(), () -> {
            found[0] = printed()
                    .lines()
                    .filter(line -> line.contains(text))
                    .findFirst()
                    .orElse("");
            if (found[0].isEmpty()) {
                checkAlive();
            }
            return !found[0].isEmpty();
        });
        return found[0];
    }

    /** Waits until a port of 127.0.0.1 accepts connections. */
    void awaitPort(int port) throws IOException, InterruptedException {
        Waiting.until(READY, LOOK, () -> name + " is not listening at " + port + ": " + printed(), () -> {
            checkAlive();
            try (Socket probe = new Socket()) {
                probe.connect(new InetSocketAddress("127.0.0.1", port), PROBE_MILLIS);
                return true;
            } catch (IOException e) {
                return false;
            }
        });
    }

    /** Fails if the process has ended. */
    void checkAlive() throws IOException {
        if (!process.isAlive()) {
            throw new IOException(name + " has exited with " + process.exitValue() + ": " + printed());
        }
    }

    /** Returns its output, at least the end of it. */
    String printed() throws IOException {
        String all = Files.readString(log, StandardCharsets.UTF_8);
        return all.substring(Math.max(0, all.length() - 2_000));
    }
}
