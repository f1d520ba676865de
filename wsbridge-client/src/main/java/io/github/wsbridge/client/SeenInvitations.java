package io.github.wsbridge.client;

import io.github.wsbridge.BridgeToken;
import java.util.LinkedHashSet;
import java.util.Set;

/** The latest invitations of a device by their tokens, so that none is offered twice. Thread-safe. */
final class SeenInvitations {

    private static final int MAX = 1_000;

    private final Set<BridgeToken> latest = new LinkedHashSet<>(); // guarded by this

    /** Returns whether the invitation is new. */
    synchronized boolean add(BridgeToken token) {
        if (!latest.add(token)) {
            return false;
        }
        if (latest.size() > MAX) {
            latest.remove(latest.iterator().next());
        }
        return true;
    }
}
