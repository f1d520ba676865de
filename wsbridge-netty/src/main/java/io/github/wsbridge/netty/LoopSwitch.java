package io.github.wsbridge.netty;

import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings work onto a channel's event loop, also while the channel moves from one loop to another. What is not final is used
 * by one loop at a time: the old one hands it over by setting the channel's loop.
 */
final class LoopSwitch {

    private static final Logger log = LoggerFactory.getLogger(LoopSwitch.class);

    private final Channel channel;
    private @Nullable Queue<Runnable> parked; // while the channel has no loop

    LoopSwitch(Channel channel) {
        this.channel = channel;
    }

    /** Whether the calling thread is the channel's own. */
    boolean here() {
        return channel.eventLoop().inEventLoop() && parked == null;
    }

    /** Runs a task on the channel's loop: now, if that is the calling thread; once the loop has ended, on Netty's global thread. */
    void run(Runnable task) {
        EventLoop loop = channel.eventLoop();
        if (!loop.inEventLoop()) {
            try {
                loop.execute(() -> run(task));
            } catch (RejectedExecutionException e) { // whoever is still to be told of the end is told all the same
                loop.terminationFuture().addListener(ended -> task.run());
            }
        } else if (parked != null) {
            parked.add(task);
        } else {
            task.run();
        }
    }

    /** Moves the channel to another loop, and runs a task when it is there. Called on its loop. */
    void move(EventLoop to, Runnable then) {
        if (to == channel.eventLoop() || to.isShuttingDown() || !channel.isOpen()) {
            then.run();
            return;
        }
        parked = new ArrayDeque<>();
        channel.deregister()
                .addListener(left -> to.register(channel).addListener(arrived -> {
                    if (!arrived.isSuccess()) {
                        log.debug("A channel could not move", arrived.cause());
                        channel.unsafe().close(channel.voidPromise());
                    }
                    Queue<Runnable> waited = parked;
                    parked = null;
                    then.run();
                    if (waited != null) {
                        waited.forEach(this::run);
                    }
                }));
    }
}
