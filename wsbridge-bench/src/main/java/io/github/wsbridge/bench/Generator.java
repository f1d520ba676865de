package io.github.wsbridge.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Controls a generator's process. Not thread-safe. */
final class Generator {

    private static final Duration SOON = Duration.ofSeconds(30);

    private final Child child;
    private final Writer commands;
    private final BlockingQueue<String> answers = new ArrayBlockingQueue<>(16);
    private final Map<String, String> greeting;
    private int late; // answers that were or will be too late

    /** Starts an {@link Agent}. */
    Generator(Processes processes, String role) throws IOException, InterruptedException {
        child = processes.startPiped(
                role,
                Jvm.command(
                        Agent.class.getName(),
                        "-XX:+UseSerialGC -Xmx512m -D" + TlsSocket.FOLDER + "=" + processes.folder(),
                        role));
        commands = child.process().outputWriter(StandardCharsets.UTF_8);
        Thread reader = new Thread(this::read, role);
        reader.setDaemon(true);
        reader.start();
        greeting = answer("start", SOON);
    }

    /** Returns its answer to starting. */
    int port(String name) {
        return Integer.parseInt(String.valueOf(greeting.get(name)));
    }

    /** Returns the process. */
    Child child() {
        return child;
    }

    /** Sends a command that completes soon. */
    Map<String, String> ask(String command) throws IOException, InterruptedException {
        return ask(command, SOON);
    }

    /** Sends a command and waits for its answer. */
    Map<String, String> ask(String command, Duration deadline) throws IOException, InterruptedException {
        commands.write(command + "\n");
        commands.flush();
        return answer(command, deadline);
    }

    private Map<String, String> answer(String command, Duration deadline) throws IOException, InterruptedException {
        String line = answers.poll(deadline.toMillis(), TimeUnit.MILLISECONDS);
        for (; line != null && late > 0; late--) {
            line = answers.poll(deadline.toMillis(), TimeUnit.MILLISECONDS);
        }
        String name = command.split(" ")[0];
        if (line == null) {
            late++;
            throw new IOException(child.name() + " did not answer " + name + ": " + child.printed());
        }
        if (!line.startsWith("ok ")) {
            throw new IOException(child.name() + " failed to " + name + ": " + line);
        }
        return Agent.options(line.substring(3));
    }

    private void read() {
        try (BufferedReader in = child.process().inputReader(StandardCharsets.UTF_8)) {
            for (@Nullable String line = in.readLine(); line != null; line = in.readLine()) {
                answers.put(line);
            }
            answers.put("has ended");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
