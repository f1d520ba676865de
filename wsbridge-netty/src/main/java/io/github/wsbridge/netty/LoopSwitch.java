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
 * Runs tasks on a channel's event loop, even while the channel moves from one loop to another. Fields that are not
 * final are used by one loop at a time: setting the channel's loop hands them over.
 */
final class LoopSwitch {

    private static final Logger log = LoggerFactory.getLogger(LoopSwitch.class);

    private final Channel channel;
    private @Nullable Queue<Runnable> parked; // while the channel has no loop

    LoopSwitch(Channel channel) {
        this.channel = channel;
    }

    /** Returns whether the calling thread is the channel's loop. */
    boolean here() {
        return channel.eventLoop().inEventLoop() && parked == null;
    }

    /**
     * Runs a task on the channel's loop, immediately if that is the calling thread. If the loop has terminated, it runs
     * on Netty's global thread.
     */
    void run(Runnable task) {
        EventLoop loop = channel.eventLoop();
        if (!loop.inEventLoop()) {
            try {
                loop.execute(() -> run(task));
            } catch (RejectedExecutionException e) { // the end must still be reported
                loop.terminationFuture().addListener(ended -> task.run());
            }
        } else if (parked != null) {
            parked.add(task);
        } else {
            task.run();
        }
    }

    /** Moves the channel to another loop, then runs a task there. Called on the channel's current loop. */
    void move(EventLoop to, Runnable then) {
        if (to == channel.eventLoop() || to.isShuttingDown() || !channel.isOpen()) {
            then.run();
            return;
        }
        parked = new ArrayDeque<>();
        channel.deregister()
                .addListener(left -> to.register(channel).addListener(arrived -> {
                    if (!arrived.isSuccess()) {
                        log.debug("A channel could not be moved to another loop", arrived.cause());
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
