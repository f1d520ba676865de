package io.github.wsbridge.wire.concurrent;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The connections of a server whose handshake is not over, of which nothing is known but the address. If there are too
 * many, the oldest of the address that has most is dropped for the next; where several have as many, of the one that
 * came first. So a handshake in good order takes far less time than it takes to push it out, even if others open
 * connections as fast as they can and leave them as they are. Thread-safe.
 */
public final class Newcomers {

    private final int max;
    private final Map<String, Set<Place>> bySite = new LinkedHashMap<>(); // the oldest first, in both
    private int size;

    public Newcomers(int max) {
        this.max = max;
    }

    /**
     * Adds a connection.
     *
     * @param site its address, as limits see it
     * @param drop drops the connection; called at most once, on any thread
     */
    public Place enter(String site, Runnable drop) {
        Place place = new Place(site, drop);
        Place victim = null;
        synchronized (this) {
            bySite.computeIfAbsent(site, first -> new LinkedHashSet<>()).add(place);
            size++;
            if (size > max) {
                victim = oldestOfMost();
            }
        }
        if (victim != null && victim.leave()) { // not if its handshake has just been granted
            victim.drop.run();
        }
        return place;
    }

    private @Nullable Place oldestOfMost() {
        Set<Place> most = Set.of();
        for (Set<Place> places : bySite.values()) {
            if (places.size() > most.size()) {
                most = places;
            }
        }
        Iterator<Place> oldest = most.iterator();
        return oldest.hasNext() ? oldest.next() : null;
    }

    public synchronized int size() {
        return size;
    }

    /** A connection. */
    public final class Place {
        private final String site;
        private final Runnable drop;

        private Place(String site, Runnable drop) {
            this.site = site;
            this.drop = drop;
        }

        /**
         * Called when the handshake has been granted, or the connection has ended. Returns whether this is the first
         * call.
         */
        public boolean leave() {
            synchronized (Newcomers.this) {
                Set<Place> places = bySite.get(site);
                if (places == null || !places.remove(this)) {
                    return false;
                }
                size--;
                if (places.isEmpty()) {
                    bySite.remove(site);
                }
                return true;
            }
        }
    }
}
