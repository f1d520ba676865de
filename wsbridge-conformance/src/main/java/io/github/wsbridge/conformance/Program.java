package io.github.wsbridge.conformance;

import io.github.wsbridge.wire.concurrent.Daemons;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** The client under test, as a process. Its standard error is the kit's. */
final class Program implements AutoCloseable {

    private static final long GRACE_MILLIS = 500;

    private final Process process;
    private final boolean piped;

    /**
     * Starts a command.
     *
     * @param words in which {@code {url}}, {@code {deviceId}} and {@code {requestData}} stand for these values
     * @param piped whether its output becomes its input, which makes an echo of a program that copies
     */
    Program(List<String> words, Map<String, String> values, boolean piped) throws IOException {
        this.piped = piped;
        List<String> command = words.stream()
                .map(word -> {
                    String replaced = word;
                    for (Map.Entry<String, String> value : values.entrySet()) {
                        replaced = replaced.replace("{" + value.getKey() + "}", value.getValue());
                    }
                    return replaced;
                })
                .toList();
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
        if (!piped) {
            builder.redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")))
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD);
        }
        process = builder.start();
        if (piped) {
            Daemons.start("conformance-pipe", this::pipe);
        }
    }

    private void pipe() {
        byte[] bytes = new byte[65_536];
        try {
            InputStream in = process.getInputStream();
            OutputStream out = process.getOutputStream();
            int count;
            while ((count = in.read(bytes)) >= 0) {
                out.write(bytes, 0, count);
                out.flush();
            }
            out.close();
        } catch (IOException e) {
            // it has ended, or its input has been closed
        }
    }

    /** Ends the input of a piped program, once it has taken what is on the way to it. */
    void endInput() {
        if (piped) {
            Daemons.start("conformance-end-of-input", () -> {
                try {
                    process.getOutputStream().close();
                } catch (IOException e) {
                    // it has ended
                }
            });
        }
    }

    @Override
    public void close() {
        process.descendants().forEach(ProcessHandle::destroy);
        process.destroy();
        try {
            if (!process.waitFor(GRACE_MILLIS, TimeUnit.MILLISECONDS)) {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
