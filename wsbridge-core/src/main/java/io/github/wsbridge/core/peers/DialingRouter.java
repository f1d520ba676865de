package io.github.wsbridge.core.peers;

import io.github.wsbridge.Endpoints;
import io.github.wsbridge.HandshakeException;
import io.github.wsbridge.NodeAddress;
import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.spi.NodeRouter;
import io.github.wsbridge.wire.concurrent.Deadlines;
import io.github.wsbridge.wire.trace.TraceFields;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Forwards an accept to the owner of its token. The token travels sealed, so that only a node of the cluster can read
 * it, and the owner proves first that it could: whoever else is at its address learns nothing, and the device's data is
 * not sent there.
 */
public final class DialingRouter implements NodeRouter {

    private static final Logger log = LoggerFactory.getLogger(DialingRouter.class);

    private static final int FORBIDDEN = 403;

    private final Connector connector;
    private final NodeCredentials credentials;
    private final Predicate<NodeAddress> permitted;
    private final Duration timeout;
    private final ScheduledExecutorService scheduler;

    /** @param permitted which addresses may be dialled: a token made with a stolen key can name any */
    public DialingRouter(
            Connector connector,
            NodeCredentials credentials,
            Predicate<NodeAddress> permitted,
            Duration timeout,
            ScheduledExecutorService scheduler) {
        this.connector = connector;
        this.credentials = credentials;
        this.permitted = permitted;
        this.timeout = timeout;
        this.scheduler = scheduler;
    }

    @Override
    public CompletionStage<Leg> dial(NodeAddress owner, Forward forward) {
        if (!permitted.test(owner)) {
            log.warn("a token names the node {}, which is in none of the networks of this node's peers", owner);
            return CompletableFuture.failedFuture(new IOException("the owner is in none of the peers' networks"));
        }
        boolean rejects = forward.rejection() != null;
        URI url = Endpoints.forwarded(owner);
        if (forward.rejection() != null) {
            url = Endpoints.reject(url, forward.rejection());
        }
        NodeCredentials.Request request = credentials.forward(owner, forward.token(), rejects);
        Map<String, String> headers =
                TraceFields.with(forward.trace(), Map.of(Endpoints.NODE_HEADER, request.credential()));
        CompletableFuture<Leg> proven = new CompletableFuture<>();
        connector
                .connect(new Connector.Target(url, headers, forward.subprotocol(), timeout))
                .whenComplete((leg, failure) -> {
                    if (failure == null) {
                        new OwnerProof(leg, request.challenge(), proven).await();
                    } else {
                        proven.completeExceptionally(
                                failure instanceof CompletionException && failure.getCause() != null
                                        ? failure.getCause()
                                        : failure);
                    }
                });
        proven.whenComplete((leg, failure) -> {
            if (failure instanceof OwnerProof.Missing) {
                log.warn("{} does not prove to be a node of this cluster; check its keys and address", owner);
            } else if (failure instanceof HandshakeException refused && refused.status() == FORBIDDEN) {
                log.warn("{} refused a forwarded accept; check both nodes' keys and addresses", owner);
            }
        });
        return Deadlines.within(timeout, proven, scheduler).whenComplete((leg, late) -> {
            if (late != null && !proven.completeExceptionally(late)) {
                proven.thenAccept(Leg::abort); // it came at the same moment, and nobody will use it
            }
        });
    }
}
