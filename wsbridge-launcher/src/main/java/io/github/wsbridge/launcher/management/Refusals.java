package io.github.wsbridge.launcher.management;

import io.github.wsbridge.Bridge;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.launcher.audit.AuditTrail;
import io.github.wsbridge.spi.BridgeListener;
import io.github.wsbridge.wire.net.ClientAddress;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/**
 * The last refusals of a node, and the last bridges that were never joined: the same again counts as one. Thread-safe.
 */
final class Refusals implements BridgeListener {

    private static final int KEPT = 30;

    /**
     * Some refusals of a kind.
     *
     * @param what the endpoint, or the device that could not be reached
     * @param status an HTTP status or a close code
     * @param from the client's address without its port; empty if it is not known
     * @param reason why, in the node's or the device's words; empty if the status says it all
     */
    record Refusal(Instant last, String what, int status, String from, String reason, long count) {

        boolean like(Refusal other) {
            return status == other.status
                    && what.equals(other.what)
                    && from.equals(other.from)
                    && reason.equals(other.reason);
        }
    }

    private final Deque<Refusal> last = new ArrayDeque<>(); // the newest first; guarded by this
    private long changes; // guarded by this

    @Override
    public void onRefused(String where, int status, String remoteAddress) {
        add(new Refusal(Instant.now(), AuditTrail.place(where), status, ClientAddress.host(remoteAddress), "", 1));
    }

    @Override
    public void onClosed(Bridge bridge, CloseReason reason) {
        boolean neverJoined = bridge.established()
                .handle((done, failure) -> failure != null)
                .toCompletableFuture()
                .getNow(true);
        if (neverJoined && reason.code() >= CloseReason.REJECTED) { // otherwise the requester has gone
            add(new Refusal(Instant.now(), bridge.deviceId(), reason.code(), "", reason.reason(), 1));
        }
    }

    private synchronized void add(Refusal refusal) {
        long before = 0;
        for (Refusal known : last) {
            if (known.like(refusal)) {
                before = known.count();
                last.remove(known);
                break;
            }
        }
        last.addFirst(new Refusal(
                refusal.last(), refusal.what(), refusal.status(), refusal.from(), refusal.reason(), before + 1));
        if (last.size() > KEPT) {
            last.removeLast();
        }
        changes++;
    }

    /** Returns the last ones, the newest first. */
    synchronized List<Refusal> all() {
        return List.copyOf(last);
    }

    /** Returns a number that is another after each change. */
    synchronized long changes() {
        return changes;
    }
}
