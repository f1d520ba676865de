package io.github.wsbridge.embedding;

import io.github.wsbridge.embedding.application.TestNode;
import io.github.wsbridge.spi.Door;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;

/** The contract in a container that runs in the test's process. */
abstract class InProcessContract extends EmbeddingContract {

    private final AtomicReference<Door> door = new AtomicReference<>();
    private TestNode node;

    /**
     * Starts the container with an application that has the bridge's filter.
     *
     * @param node to be asked later on: it is built once the port is known
     * @return the port
     */
    abstract int start(Door node) throws Exception;

    /** Stops the application, then the container. */
    abstract void stop() throws Exception;

    @Override
    final URI startNode() throws Exception {
        int port = start(handshake -> door.get().admit(handshake));
        URI server = URI.create("ws://127.0.0.1:" + port + contextPath());
        node = new TestNode(server);
        door.set(node.door());
        return server;
    }

    @Override
    final URI takeAcceptUrl() throws Exception {
        return node.takeAcceptUrl(Duration.ofSeconds(SECONDS));
    }

    @Override
    final List<String> addresses() {
        return node.addresses();
    }

    @Override
    final void stopNode() throws Exception {
        if (node != null) {
            node.close();
            stop();
        }
    }
}
