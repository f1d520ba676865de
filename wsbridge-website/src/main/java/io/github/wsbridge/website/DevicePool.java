package io.github.wsbridge.website;

import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

/**
 * The connections to devices on one event loop. They are kept for a while after an exchange, for the next exchange of
 * whoever has the same access to the same device.
 */
final class DevicePool {

    private final EventLoop loop;
    private final Limits limits;
    private final Map<Key, Lot> lots = new HashMap<>();

    /** What connections have in common that are as good as each other. */
    record Key(DeviceChannels access, String device) {}

    private static final class Lot {
        private final Deque<DeviceConnection> idle = new ArrayDeque<>();
        private int open;
    }

    DevicePool(EventLoop loop, Limits limits) {
        this.loop = loop;
        this.limits = limits;
    }

    /**
     * Returns a connection.
     *
     * @param fresh whether it has to be a new one
     * @return fails with a {@link RejectedExecutionException} if there are too many. Cancelling it ends the attempt
     */
    Future<DeviceConnection> take(Key key, boolean fresh) {
        Lot lot = lots.computeIfAbsent(key, none -> new Lot());
        while (!fresh && !lot.idle.isEmpty()) {
            DeviceConnection kept = lot.idle.pop(); // the one used last, so that the others can expire
            if (kept.open()) {
                return loop.newSucceededFuture(kept);
            }
        }
        if (lot.open >= limits.deviceConnections()) {
            return loop.newFailedFuture(new RejectedExecutionException("too many connections to " + key.device()));
        }
        lot.open++;
        Future<Channel> opening = key.access().open(key.device(), loop, DeviceConnection.initializer());
        Promise<DeviceConnection> connection = loop.newPromise();
        connection.addListener(done -> {
            if (done.isCancelled()) {
                opening.cancel(true);
            }
        });
        opening.addListener((Future<Channel> done) -> {
            if (!done.isSuccess()) {
                closed(key, lot);
                connection.tryFailure(done.cause());
                return;
            }
            Channel channel = done.getNow();
            channel.closeFuture().addListener(closed -> closed(key, lot));
            if (!connection.trySuccess(DeviceConnection.of(channel))) {
                channel.close();
            }
        });
        return connection;
    }

    /** Keeps a connection whose exchange has ended in order. */
    void giveBack(Key key, DeviceConnection connection) {
        connection.rest();
        Lot lot = lots.get(key);
        if (lot == null || !connection.open()) {
            return;
        }
        lot.idle.push(connection);
        int served = connection.served();
        loop.schedule(
                () -> {
                    if (connection.served() == served && lot.idle.removeLastOccurrence(connection)) {
                        connection.close();
                    }
                },
                limits.idle().toMillis(),
                TimeUnit.MILLISECONDS);
    }

    private void closed(Key key, Lot lot) {
        lot.idle.removeIf(kept -> !kept.open());
        if (--lot.open == 0) {
            lots.remove(key, lot);
        }
    }
}
