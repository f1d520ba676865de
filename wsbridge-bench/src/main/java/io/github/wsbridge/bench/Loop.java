package io.github.wsbridge.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.Iterator;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** An event loop, a single thread that serves thousands of connections. */
final class Loop {

    /** What is registered with the selector; a key's attachment. */
    interface Ready {
        /** Called when the channel is ready. */
        void ready(SelectionKey key);
    }

    private final Selector selector;
    private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(64 * 1024);

    Loop(String name) throws IOException {
        selector = Selector.open();
        Thread thread = new Thread(this::run, name);
        thread.setDaemon(true);
        thread.start();
    }

    /** Schedules a task on the loop's thread. */
    void execute(Runnable task) {
        tasks.add(task);
        selector.wakeup();
    }

    Selector selector() {
        return selector;
    }

    /** Returns the buffer that connections read into, one at a time. */
    ByteBuffer buffer() {
        return buffer.clear();
    }

    private void run() {
        try {
            while (selector.isOpen()) {
                selector.select();
                for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
                    task.run();
                }
                Iterator<SelectionKey> ready = selector.selectedKeys().iterator();
                while (ready.hasNext()) {
                    SelectionKey key = ready.next();
                    ready.remove();
                    ((Ready) key.attachment()).ready(key);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
