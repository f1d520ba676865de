package io.github.wsbridge.launcher;

import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;

/**
 * The environment of a command: streams, environment variables, and a stop signal. Tests use it to run commands in
 * their own process.
 *
 * @param in the input of {@code tunnel --stdio}
 * @param data the output of {@code tunnel --stdio}; unlike {@code out}, it reports failures
 * @param out results and ready lines; the same stream as {@code data}
 * @param err errors
 * @param env environment variables
 * @param terminal whether {@code out} is a terminal
 * @param stop completes when the process has been told to end
 * @param hangups takes what SIGHUP means from now on, which at first is the end of the process
 */
record CommandContext(
        InputStream in,
        OutputStream data,
        PrintStream out,
        PrintStream err,
        Map<String, String> env,
        boolean terminal,
        CompletableFuture<Void> stop,
        Consumer<Runnable> hangups) {

    /** Waits until the process is told to stop, without a time limit. */
    void awaitStop() throws InterruptedException {
        try {
            stop.get();
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        }
    }

    /** Prints a line and flushes it, because another program may be waiting for it. */
    void say(String line) {
        out.println(line);
        out.flush();
    }
}
