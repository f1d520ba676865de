package io.github.wsbridge.client;

import io.github.wsbridge.wire.concurrent.Shares;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A device's places for bridges, and the line in which further ones wait for one. Neither can be filled by bridges to
 * the same target that are not established, so that a dead target does not keep requesters from the others. Targets
 * take turns. Thread-safe; nothing blocks.
 */
final class Places {

    /** How many wait at most, as many as a node lets wait for one device by default. */
    static final int MOST_WAITING = 1_000;

    private final Shares places;
    private final Shares line = new Shares(MOST_WAITING);
    private final Map<String, Set<Ticket>> waiting = new LinkedHashMap<>(); // by target; guarded by this
    private final AtomicInteger changes = new AtomicInteger();

    Places(int max) {
        places = new Shares(max);
    }

    /**
     * Takes a place, now or later.
     *
     * @param admitted called once there is a place, unless the ticket was given back before; must not block
     * @return a ticket, to be given back; null if too many are waiting
     */
    @Nullable
    Ticket enter(String target, Consumer<Ticket> admitted) {
        Shares.Place inLine = line.take(target);
        if (inLine == null) {
            return null;
        }
        Ticket ticket = new Ticket(target, admitted, inLine);
        synchronized (this) {
            waiting.computeIfAbsent(target, first -> new LinkedHashSet<>()).add(ticket);
        }
        admit();
        return ticket;
    }

    /** Admits as many as possible. Admission may free a place again, so this counts instead of recursing. */
    private void admit() {
        if (changes.getAndIncrement() != 0) {
            return; // another call sees the change
        }
        int seen = 1;
        do {
            for (Ticket next = next(); next != null; next = next()) {
                next.admitted.accept(next);
            }
            seen = changes.addAndGet(-seen);
        } while (seen != 0);
    }

    private synchronized @Nullable Ticket next() {
        if (waiting.isEmpty() || places.full()) {
            return null;
        }
        for (Map.Entry<String, Set<Ticket>> queue : waiting.entrySet()) {
            Shares.Place place = places.take(queue.getKey());
            if (place != null) {
                return first(queue.getKey(), queue.getValue(), place);
            }
        }
        return null;
    }

    /** Gives a place to the first in a target's queue, whose turn then is last. */
    private Ticket first(String target, Set<Ticket> queue, Shares.Place place) {
        Iterator<Ticket> inOrder = queue.iterator();
        Ticket first = inOrder.next();
        inOrder.remove();
        first.held.release();
        first.held = place;
        first.waits = false;
        waiting.remove(target);
        if (!queue.isEmpty()) {
            waiting.put(target, queue);
        }
        return first;
    }

    /** A place, or the right to one. */
    final class Ticket {
        private final String target;
        private final Consumer<Ticket> admitted;
        private Shares.Place held; // guarded by Places.this, as all below
        private boolean waits = true;

        private Ticket(String target, Consumer<Ticket> admitted, Shares.Place inLine) {
            this.target = target;
            this.admitted = admitted;
            this.held = inLine;
        }

        /** Marks the bridge as established: it keeps its place, and its target may have more. */
        void settle() {
            synchronized (Places.this) {
                held.settle();
            }
            admit();
        }

        boolean waits() {
            synchronized (Places.this) {
                return waits;
            }
        }

        /** Leaves the line; returns whether the ticket was still waiting in it. */
        boolean leaveLine() {
            synchronized (Places.this) {
                if (!waits) {
                    return false;
                }
                waits = false;
                waiting.computeIfPresent(target, (same, queue) -> {
                    queue.remove(this);
                    return queue.isEmpty() ? null : queue;
                });
                held.release();
                return true;
            }
        }

        /** Gives the place back. */
        void giveBack() {
            synchronized (Places.this) {
                held.release();
            }
            admit();
        }
    }
}
