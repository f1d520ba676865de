package io.github.wsbridge.signal.webhook;

import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Set;

/** Limits the number of concurrent tasks; others wait in order. A waiting task can be withdrawn. Thread-safe. */
final class Turns {

    private int free; // guarded by this
    private final Set<Runnable> waiting = new LinkedHashSet<>(); // guarded by this

    Turns(int atOnce) {
        this.free = atOnce;
    }

    /**
     * Runs a task now, or in its turn on the thread of a task that leaves. A task keeps its turn until it calls
     * {@link #leave}.
     */
    void enter(Runnable task) {
        synchronized (this) {
            if (free == 0) {
                waiting.add(task);
                return;
            }
            free--;
        }
        task.run();
    }

    void leave() {
        Runnable next;
        synchronized (this) {
            Iterator<Runnable> line = waiting.iterator();
            if (!line.hasNext()) {
                free++;
                return;
            }
            next = line.next();
            line.remove();
        }
        next.run();
    }

    /** Withdraws a task if it is still waiting. */
    synchronized void forget(Runnable task) {
        waiting.remove(task);
    }
}
