package io.github.wsbridge.client;

import io.github.wsbridge.Authority;
import io.github.wsbridge.HandshakeException;
import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.spi.Connector.Target;
import io.github.wsbridge.spi.Leg;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * A connection that follows one redirect, if it leads to TLS on the same host, as servers send it to clients without
 * TLS. Any other would carry the user's key to a place that the user has not named.
 */
final class Redirection {

    private static final Set<Integer> STATUSES = Set.of(301, 302, 307, 308);

    private final Connector connector;
    private final CompletableFuture<Leg> result = new CompletableFuture<>();

    private Redirection(Connector connector) {
        this.connector = connector;
    }

    /** Connects; cancelling the result ends the attempt. */
    static CompletableFuture<Leg> connect(Connector connector, Target target) {
        Redirection redirection = new Redirection(connector);
        redirection.attempt(target, System.nanoTime() + target.timeout().toNanos(), true);
        return redirection.result;
    }

    private void attempt(Target target, long deadline, boolean follows) {
        CompletionStage<Leg> connecting;
        try {
            connecting = connector.connect(target);
        } catch (Throwable e) { // a connector should not throw, but might, and there may be no memory
            result.completeExceptionally(e);
            return;
        }
        result.whenComplete((leg, failure) -> {
            if (failure != null) {
                connecting.toCompletableFuture().cancel(true);
            }
        });
        connecting.whenComplete((leg, failure) -> {
            if (failure == null) {
                if (!result.complete(leg)) {
                    leg.abort(); // the caller has given up
                }
            } else if (Dialer.unwrap(failure) instanceof HandshakeException refused
                    && STATUSES.contains(refused.status())) {
                redirected(target, refused, deadline, follows);
            } else {
                result.completeExceptionally(failure);
            }
        });
    }

    private void redirected(Target target, HandshakeException refused, long deadline, boolean follows) {
        URI to = refused.location().map(target.uri()::resolve).orElse(null);
        Optional<URI> secure = to == null ? Optional.empty() : secure(target.uri(), to);
        if (follows && secure.isPresent()) {
            Duration left = Duration.ofNanos(Math.max(1_000_000, deadline - System.nanoTime()));
            attempt(new Target(secure.get(), target.headers(), target.subprotocol(), left), deadline, false);
        } else {
            String words = "the server redirects to " + place(to)
                    + (follows ? ", which is not https on the same host" : ", which is a second redirect")
                    + "; if that is right, use it as the server's URL";
            result.completeExceptionally(new HandshakeException(
                    refused.status(),
                    words,
                    refused.retryAfter().orElse(null),
                    refused.location().orElse(null)));
        }
    }

    /** Returns the WebSocket URL of a redirect that may be followed. */
    private static Optional<URI> secure(URI from, URI to) {
        String scheme = String.valueOf(to.getScheme()).toLowerCase(Locale.ROOT);
        if (!scheme.equals("https") && !scheme.equals("wss") || !name(to).isPresent() || !name(to).equals(name(from))) {
            return Optional.empty();
        }
        try {
            String path = to.getRawPath() == null || to.getRawPath().isEmpty() ? "/" : to.getRawPath();
            String query = to.getRawQuery() == null ? "" : "?" + to.getRawQuery();
            return Optional.of(new URI("wss://" + to.getRawAuthority() + path + query));
        } catch (URISyntaxException e) {
            return Optional.empty();
        }
    }

    private static Optional<String> name(URI uri) {
        return Authority.of(uri).map(authority -> authority.name().toLowerCase(Locale.ROOT));
    }

    /** Returns where a redirect leads, without its query, which may be secret. */
    private static String place(@Nullable URI to) {
        return to == null ? "an unknown place" : Origins.place(to) + (to.getRawPath() == null ? "" : to.getRawPath());
    }
}
