package io.github.wsbridge.launcher;

import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/**
 * What a command has to do with: streams, environment, and the word to stop. A record, so that tests run commands in their own
 * process.
 *
 * @param in incoming data of {@code tunnel --stdio}
 * @param data outgoing data of {@code tunnel --stdio}; unlike {@code out} it tells of failures
 * @param out results and ready lines; the same stream as {@code data}
 * @param err errors
 * @param env environment variables
 * @param terminal whether a person watches {@code out}
 * @param stop completes when the process has been told to end
 */
record CommandContext(
        InputStream in,
        OutputStream data,
        PrintStream out,
        PrintStream err,
        Map<String, String> env,
        boolean terminal,
        CompletableFuture<Void> stop) {

    /** Waits for the word to stop, however long that takes. */
    void awaitStop() throws InterruptedException {
        try {
            stop.get();
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        }
    }

    /** Prints a line that somebody may wait for. */
    void say(String line) {
        out.println(line);
        out.flush();
    }
}
