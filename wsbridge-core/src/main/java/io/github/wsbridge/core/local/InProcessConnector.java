package io.github.wsbridge.core.local;

import io.github.wsbridge.HandshakeException;
import io.github.wsbridge.core.access.Admissions;
import io.github.wsbridge.core.limits.Deadlines;
import io.github.wsbridge.spi.Admission;
import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.spi.Handshake;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.spi.Peer;
import io.github.wsbridge.wire.relay.LocalLeg;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ScheduledExecutorService;

/** Connects to a node in this process without a socket. Of a target's URL, only the path and the query are used. */
public final class InProcessConnector implements Connector {

    private final Admissions admissions;
    private final ScheduledExecutorService scheduler;

    /**
     * Creates a connector to the node of {@code admissions}. {@code scheduler} runs the timeouts of requesters that
     * wait for their bridge.
     */
    public InProcessConnector(Admissions admissions, ScheduledExecutorService scheduler) {
        this.admissions = admissions;
        this.scheduler = scheduler;
    }

    @Override
    public CompletionStage<Leg> connect(Target target) {
        String path = target.uri().getRawPath();
        int below = path.lastIndexOf("/bridge/");
        Handshake handshake = new Handshake(
                below < 0 ? path : path.substring(below),
                target.uri().getRawQuery(),
                true,
                name -> field(target, name),
                new Peer("in-process"));
        return admissions
                .admitTrusted(handshake)
                .thenCompose(admission -> decision(admission, target))
                .thenApply(decision -> {
                    if (decision instanceof Admission.Granted granted) {
                        LocalLeg far = LocalLeg.pair(granted.subprotocol());
                        granted.opened().accept(far);
                        return far.other();
                    }
                    throw new CompletionException(new HandshakeException(((Admission.Refused) decision).status()));
                });
    }

    private CompletionStage<Admission.Decision> decision(Admission admission, Target target) {
        if (!(admission instanceof Admission.Later later)) {
            return CompletableFuture.completedFuture((Admission.Decision) admission);
        }
        return Deadlines.<Admission.Decision>within(
                        target.timeout(), later.decision().thenApply(decision -> decision), scheduler)
                .whenComplete((decision, failure) -> {
                    if (failure != null) {
                        later.abandoned().run();
                    }
                })
                .exceptionallyCompose(failure -> CompletableFuture.failedFuture(
                        new IOException("no bridge established within " + target.timeout(), failure)));
    }

    private static List<String> field(Target target, String name) {
        if (name.equalsIgnoreCase("Sec-WebSocket-Protocol")
                && !target.subprotocol().isEmpty()) {
            return List.of(target.subprotocol());
        }
        return target.headers().entrySet().stream()
                .filter(header -> header.getKey().equalsIgnoreCase(name))
                .map(Map.Entry::getValue)
                .toList();
    }
}
