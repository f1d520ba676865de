package io.github.wsbridge.signal.webhook;

import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Set;

/** Lets so many run at once and the others wait in line. Who waits may step out. Thread-safe. */
final class Turns {

    private int free; // guarded by this
    private final Set<Runnable> waiting = new LinkedHashSet<>(); // guarded by this

    Turns(int atOnce) {
        this.free = atOnce;
    }

    /** Runs a task now, or when it is its turn, on the thread of who left. It holds its turn until it calls {@link #leave}. */
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

    /** Steps out of the line, if it is still there. */
    synchronized void forget(Runnable task) {
        waiting.remove(task);
    }
}
