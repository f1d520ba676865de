package io.github.wsbridge.launcher;

import io.github.wsbridge.HandshakeException;
import io.github.wsbridge.client.BridgeClient;
import io.github.wsbridge.client.DeviceDialer;
import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.website.SignedLink;
import io.github.wsbridge.website.Visitor;
import io.github.wsbridge.wire.concurrent.Daemons;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledExecutorService;
import java.util.regex.Pattern;

/** Requesters with the credentials of a website's visitors. They share their connector and their timers. */
final class VisitorClients implements AutoCloseable {

    /** The compact form of a JSON Web Token (RFC 7519); an API key has no dots. */
    private static final Pattern TOKEN = Pattern.compile("[\\w-]+\\.[\\w-]+\\.[\\w-]*");

    /** For nodes that know the website as a proxy, so that their limits count for the visitor and not for all. */
    private static final String FOR = "X-Forwarded-For";

    private static final int FORBIDDEN = 403;

    private final ServerOptions server;
    private final Connector connector;
    private final ScheduledExecutorService timers = Daemons.newTimer("wsbridge-website-timers");

    VisitorClients(ServerOptions server, Connector connector) {
        this.server = server;
        this.connector = connector;
    }

    /** Returns a requester with a visitor's credential, which holds nothing that would have to be closed. */
    BridgeClient of(Visitor visitor) {
        BridgeClient.Builder client = server.requester(connector)
                .scheduler(timers)
                .header(FOR, visitor.address().getHostAddress());
        String credential = visitor.credential();
        if (TOKEN.matcher(credential).matches()) {
            client.header("Authorization", "Bearer " + credential);
        } else {
            client.apiKey(credential);
        }
        return client.build();
    }

    /** Returns what opens the stream that somebody's link permits, which is for one target. */
    DeviceDialer of(SignedLink link, String target) {
        BridgeClient client = server.requester(connector)
                .scheduler(timers)
                .header(FOR, link.address().getHostAddress())
                .build();
        return (device, data) -> device.equals(link.device()) && data.equals(target)
                ? client.signedLeg(link.query())
                : CompletableFuture.failedFuture(new HandshakeException(FORBIDDEN));
    }

    @Override
    public void close() {
        timers.shutdownNow();
    }
}
