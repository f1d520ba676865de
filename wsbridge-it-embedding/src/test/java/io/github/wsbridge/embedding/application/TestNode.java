package io.github.wsbridge.embedding.application;

import io.github.wsbridge.Bridge;
import io.github.wsbridge.Invitation;
import io.github.wsbridge.NodeAddress;
import io.github.wsbridge.core.BridgeNode;
import io.github.wsbridge.core.access.ApiKeyPolicy;
import io.github.wsbridge.core.limits.Limits;
import io.github.wsbridge.core.tokens.TokenKeys;
import io.github.wsbridge.spi.BridgeListener;
import io.github.wsbridge.spi.Door;
import io.github.wsbridge.spi.Signaller;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** The node that the contract expects, with what it tells the test. */
public final class TestNode implements AutoCloseable {

    /** The API key of requesters. */
    public static final String REQUESTER = "al's";

    /** The API key of the device "echo". */
    public static final String DEVICE = "echo's";

    private final BlockingQueue<URI> acceptUrls = new LinkedBlockingQueue<>();
    private final Queue<String> addresses = new ConcurrentLinkedQueue<>();
    private final BridgeNode node;

    /** Builds a node whose devices "raw…" are played by the test. */
    public TestNode(URI server) {
        node = BridgeNode.builder()
                .publicUrl(server)
                .address(new NodeAddress(server))
                .keys(TokenKeys.generate())
                .accessPolicy(ApiKeyPolicy.parse(List.of(
                        "al requester " + ApiKeyPolicy.hash(REQUESTER), "echo device " + ApiKeyPolicy.hash(DEVICE))))
                .proxies(List.of("127.0.0.1"))
                .limits(Limits.builder().failedCredentials(1_000).build())
                .signaller("raw*", new ToTest())
                .listener(new BridgeListener() {
                    @Override
                    public void onRequested(Bridge bridge, Client requester) {
                        addresses.add(requester.address());
                    }
                })
                .build();
    }

    /** Returns the node's door. */
    public Door door() {
        return node;
    }

    /** Waits for the next invitation of a device "raw…", and takes it. */
    public URI takeAcceptUrl(Duration patience) throws InterruptedException {
        URI next = acceptUrls.poll(patience.toMillis(), TimeUnit.MILLISECONDS);
        if (next == null) {
            throw new IllegalStateException("no invitation arrived within " + patience);
        }
        return next;
    }

    /** Returns the addresses of all requesters so far. */
    public List<String> addresses() {
        return List.copyOf(addresses);
    }

    @Override
    public void close() {
        node.close();
    }

    private final class ToTest implements Signaller {
        @Override
        public CompletionStage<Result> signal(Invitation invitation) {
            acceptUrls.add(invitation.acceptUrl());
            return CompletableFuture.completedFuture(new Result.Delivered());
        }
    }
}
