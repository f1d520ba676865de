package io.github.wsbridge.launcher;

import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.awaitility.Awaitility;

/** A command that runs in this process, on its own thread. */
final class Run implements AutoCloseable {

    static final Duration PATIENCE = Duration.ofSeconds(60);

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private final CompletableFuture<Void> stop = new CompletableFuture<>();
    private final AtomicReference<Runnable> hangup = new AtomicReference<>();
    private final CompletableFuture<Integer> code = new CompletableFuture<>();

    private Run(Map<String, String> env, InputStream in, OutputStream data, String... args) {
        CommandContext here = new CommandContext(
                in,
                data == null ? out : data,
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                env,
                false,
                stop,
                hangup::set);
        Thread thread = new Thread(() -> {
            try {
                code.complete(Main.run(here, args));
            } catch (Throwable e) {
                code.completeExceptionally(e);
            }
        });
        thread.setDaemon(true);
        thread.start();
    }

    /** Runs a command. A node has no management port unless it is asked for: there is one usual port for all. */
    static Run of(String... args) {
        boolean asked = Stream.of(args).anyMatch(arg -> arg.matches("--(management-|config|check).*"));
        Map<String, String> env = args.length > 0 && args[0].equals("node") && !asked
                ? Map.of("WSBRIDGE_MANAGEMENT_LISTEN", "off")
                : Map.of();
        return new Run(env, InputStream.nullInputStream(), null, args);
    }

    static Run with(Map<String, String> env, String... args) {
        return new Run(env, InputStream.nullInputStream(), null, args);
    }

    static Run piped(InputStream in, OutputStream data, String... args) {
        return new Run(Map.of(), in, data, args);
    }

    int code() throws Exception {
        return code.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    }

    boolean ended() {
        return code.isDone();
    }

    Run stop() {
        stop.complete(null);
        return this;
    }

    /** Does what SIGHUP means to the command. */
    void hangUp() {
        hangup.get().run();
    }

    String out() {
        return out.toString(StandardCharsets.UTF_8);
    }

    String err() {
        return err.toString(StandardCharsets.UTF_8);
    }

    /** Waits for the line that says that the command is ready. */
    String ready() {
        Awaitility.await().atMost(PATIENCE).until(() -> ended() || out().contains(" ready: "));
        if (!out().contains(" ready: ")) {
            throw new AssertionError("ended before it was ready: " + out() + err());
        }
        return out();
    }

    /** Returns the port after the first {@code 127.0.0.1:} in the ready line. */
    int port() {
        return Integer.parseInt(ready().replaceFirst("(?s).*?127\\.0\\.0\\.1:(\\d+).*", "$1"));
    }

    @Override
    public void close() throws Exception {
        stop().code();
    }
}
