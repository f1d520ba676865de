package io.github.wsbridge.wire.relay;

import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.Leg;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Sends on legs that should not throw, but might. */
public final class Sending {

    private static final Logger log = LoggerFactory.getLogger(Sending.class);

    private Sending() {}

    /** Sends a fragment. If the leg throws, it is dropped, so that everything waiting for its end is notified. */
    public static CompletionStage<Void> send(Leg leg, Fragment fragment) {
        try {
            return leg.send(fragment);
        } catch (RuntimeException e) {
            log.warn("a leg failed to send {}", fragment, e);
            leg.abort();
            return CompletableFuture.failedFuture(e);
        }
    }
}
