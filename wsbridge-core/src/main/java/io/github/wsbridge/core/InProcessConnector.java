package io.github.wsbridge.core;

import io.github.wsbridge.HandshakeException;
import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.spi.Leg;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Connects to the node of this process without a socket. Only the path and query of a target's URL count. */
final class InProcessConnector implements Connector {

    private final Admissions admissions;

    InProcessConnector(Admissions admissions) {
        this.admissions = admissions;
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
                "in-process");
        return admissions.admitTrusted(handshake).thenCompose(admission -> {
            if (admission instanceof Admission.Granted granted) {
                LocalLeg far = LocalLeg.pair(granted.subprotocol());
                granted.opened().accept(far);
                return CompletableFuture.completedFuture(far.other());
            }
            return CompletableFuture.failedFuture(new HandshakeException(((Admission.Refused) admission).status()));
        });
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
