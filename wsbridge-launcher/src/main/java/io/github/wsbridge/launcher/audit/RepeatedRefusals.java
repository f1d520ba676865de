package io.github.wsbridge.launcher.audit;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Refusals, told at most once a minute for each address, endpoint and status: the first at once, those that follow
 * within the minute as a number at its end. So an attack cannot flood the record. Of many addresses, those beyond a
 * thousand count together. Thread-safe.
 */
final class RepeatedRefusals {

    static final Duration INTERVAL = Duration.ofMinutes(1);
    private static final int MOST = 1_000;

    /**
     * What is counted together.
     *
     * @param from the client's address without the port; {@code several} for those beyond what is kept
     */
    record Kind(String where, int status, String from) {}

    /** So many of a kind. */
    record Counted(Kind kind, int count) {}

    private static final class Minute {
        private final long since;
        private int untold;

        Minute(long since) {
            this.since = since;
        }
    }

    private final Map<Kind, Minute> minutes = new LinkedHashMap<>(); // guarded by this; the oldest first

    /** Counts a refusal. Returns how many to tell of now: one, or none. */
    synchronized List<Counted> add(Kind refused, long nanoTime) {
        Kind kind = minutes.containsKey(refused) || minutes.size() < MOST
                ? refused
                : new Kind(refused.where(), refused.status(), "several");
        Minute minute = minutes.get(kind);
        if (minute == null) {
            minutes.put(kind, new Minute(nanoTime));
            return List.of(new Counted(kind, 1));
        }
        minute.untold++;
        return List.of();
    }

    /** Returns those that are to be told because their minute is over. Called now and then. */
    synchronized List<Counted> over(long nanoTime) {
        List<Counted> due = new ArrayList<>();
        List<Kind> again = new ArrayList<>();
        minutes.entrySet().removeIf(entry -> {
            if (nanoTime - entry.getValue().since < INTERVAL.toNanos()) {
                return false;
            }
            if (entry.getValue().untold > 0) {
                due.add(new Counted(entry.getKey(), entry.getValue().untold));
                again.add(entry.getKey());
            }
            return true;
        });
        again.forEach(kind -> minutes.put(kind, new Minute(nanoTime))); // the next within a minute is no first
        return due;
    }

    /** Returns all that have not been told. */
    synchronized List<Counted> rest() {
        List<Counted> rest = new ArrayList<>();
        minutes.forEach((kind, minute) -> {
            if (minute.untold > 0) {
                rest.add(new Counted(kind, minute.untold));
            }
        });
        minutes.clear();
        return rest;
    }
}
