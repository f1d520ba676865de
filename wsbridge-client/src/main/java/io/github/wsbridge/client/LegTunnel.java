package io.github.wsbridge.client;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.spi.Peer;
import io.github.wsbridge.spi.StreamTransport;
import io.github.wsbridge.wire.net.Reasons;
import java.io.IOException;
import java.net.SocketAddress;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A tunnel whose connections are legs, joined with their bridges on the threads of the transport. */
final class LegTunnel {

    private static final Logger log = LoggerFactory.getLogger(LegTunnel.class);
    private static final CloseReason CLOSED = new CloseReason(CloseReason.GOING_AWAY, "tunnel closed");

    private final Entrance entrance;
    private final StreamTransport.Listening listening;
    private final Set<BridgedConnection> joints = ConcurrentHashMap.newKeySet();
    private final CompletableFuture<Departures> departures = new CompletableFuture<>();
    private volatile boolean closed;

    private LegTunnel(TcpTunnel.Builder settings, StreamTransport streams) throws IOException {
        entrance = settings.entrance;
        listening = streams.listen(
                settings.address, new StreamTransport.Limits(settings.backlog, settings.maxConnections), this::serve);
        departures.complete(new Departures(listening.address()));
    }

    static LegTunnel start(TcpTunnel.Builder settings, StreamTransport streams) throws IOException {
        return new LegTunnel(settings, streams);
    }

    private void serve(Leg near, Peer from) {
        Entrance.Arrival arrival = entrance.arrive(near);
        CompletableFuture<BridgeLeg> connecting = arrival.stream();
        connecting.thenAccept(bridge -> log.debug("Bridge {} carries a connection", bridge.bridgeId()));
        BridgedConnection joint = new BridgedConnection(arrival.leg(), connecting);
        joints.add(joint);
        departures.thenAccept(clients -> clients.watch(from.address(), connecting));
        joint.run().whenComplete((reason, failure) -> {
            joints.remove(joint);
            if (failure == null) {
                log.debug("A connection to {} has ended: {}", arrival.wanted().get(), reason);
            } else if (failure instanceof CancellationException) {
                log.debug(
                        "A connection to {} ended before its bridge was established",
                        arrival.wanted().get());
            } else {
                log.info("No bridge to {}: {}", arrival.wanted().get(), Reasons.of(failure));
            }
        });
        if (closed) {
            joint.close(CLOSED);
        }
    }

    SocketAddress address() {
        return listening.address();
    }

    /** Stops listening and resets the connections. */
    void close() {
        closed = true;
        listening.close();
        joints.forEach(joint -> joint.close(CLOSED));
    }
}
