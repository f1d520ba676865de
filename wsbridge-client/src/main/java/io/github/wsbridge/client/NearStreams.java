package io.github.wsbridge.client;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;

/** Two streams at the near side of a bridge, such as a process's standard input and output. */
record NearStreams(InputStream input, OutputStream output) implements StreamRelay.Near {

    @Override
    public void finishOutput() throws IOException {
        output.close();
    }

    @Override
    public void close(boolean inGoodOrder) {
        try (input;
                output) {
            output.flush();
        } catch (IOException e) {
            // It is closed either way.
        }
    }

    @Override
    public Duration linger() {
        return Duration.ZERO;
    }
}
