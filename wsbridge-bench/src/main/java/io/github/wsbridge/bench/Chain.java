package io.github.wsbridge.bench;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * Processes in a row that forward connections from a local port to the {@link FarEnd}.
 *
 * @param name the name in the results
 * @param processes the processes, from the local port to the far end
 * @param startSeconds for our own processes: how long each took until it was ready
 */
record Chain(String name, List<Child> processes, int port, Map<String, Double> startSeconds) {

    private static final Duration READY = Duration.ofSeconds(30);
    private static final Duration LOOK = Duration.ofMillis(50);
    private static final int PATIENCE_MILLIS = 1_000;

    /** Waits until the far end answers through these processes. */
    static Chain ready(String name, List<Child> processes, int port) throws IOException, InterruptedException {
        Chain chain = new Chain(name, processes, port, Map.of());
        chain.awaitAnswer();
        return chain;
    }

    void awaitAnswer() throws IOException, InterruptedException {
        IOException[] last = {new EOFException("nothing tried")};
        Waiting.until(READY, LOOK, () -> name + " does not reach the far end: " + last[0], () -> {
            for (Child child : processes) {
                child.checkAlive();
            }
            try (Socket socket = new Socket()) {
                socket.setSoTimeout(PATIENCE_MILLIS);
                socket.connect(new InetSocketAddress("127.0.0.1", port), PATIENCE_MILLIS);
                socket.getOutputStream().write(Purpose.ANSWER.ordinal());
                return socket.getInputStream().read() == Purpose.ANSWER.ordinal();
            } catch (IOException e) {
                last[0] = e;
                return false;
            }
        });
    }

    /** Returns the subject, whose URLs end with the {@link Purpose}. */
    Subject subject() {
        return new Subject(name, processes, what -> "tcp://127.0.0.1:" + port + "/" + what);
    }
}
