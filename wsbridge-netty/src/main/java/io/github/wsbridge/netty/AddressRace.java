package io.github.wsbridge.netty;

import io.github.wsbridge.HandshakeException;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.wire.net.AddressTurns;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.EventLoop;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Connects to a server with several addresses (RFC 8305): to the next one when the previous one has failed or has not
 * connected within a quarter of a second. One connection at a time makes the handshake, so that the server never sees
 * two requests of one attempt that might both succeed; if the handshake fails, another connection or address is next.
 * Confined to its event loop.
 */
final class AddressRace {

    private final EventLoop loop;
    private final Bootstrap bootstrap;
    private final CompletableFuture<Leg> leg;
    private final BiConsumer<Channel, CompletableFuture<Leg>> handshake;
    private final Duration patience;
    private final Deque<InetSocketAddress> left;
    private final Deque<Channel> connected = new ArrayDeque<>();
    private final Set<ChannelFuture> connecting = new HashSet<>();
    private boolean shaking;
    private int turns; // how many addresses have been tried
    private @Nullable Throwable failure; // a server's answer, or else the first one

    /**
     * Creates a race that has not begun.
     *
     * @param bootstrap connects without any handler
     * @param leg the result
     * @param handshake adds the handlers to an open channel, which complete the future
     * @param timeout the time limit for all addresses together, which the caller enforces
     */
    AddressRace(
            EventLoop loop,
            Bootstrap bootstrap,
            List<InetSocketAddress> addresses,
            CompletableFuture<Leg> leg,
            Duration timeout,
            BiConsumer<Channel, CompletableFuture<Leg>> handshake) {
        this.loop = loop;
        this.bootstrap = bootstrap;
        this.leg = leg;
        this.handshake = handshake;
        patience = timeout.dividedBy(addresses.size());
        left = AddressTurns.alternating(addresses);
    }

    /** Begins; called on any thread. */
    void start() {
        leg.whenComplete((opened, failed) -> loop.execute(this::end));
        loop.execute(this::next);
    }

    private void next() {
        InetSocketAddress address = leg.isDone() ? null : left.poll();
        if (address == null) {
            return;
        }
        int turn = ++turns;
        ChannelFuture begun = bootstrap.connect(address);
        connecting.add(begun);
        begun.addListener(done -> loop.execute(() -> done(begun)));
        loop.schedule(
                () -> {
                    if (turn == turns && !shaking && connected.isEmpty()) {
                        next();
                    }
                },
                AddressTurns.HEAD_START_MILLIS,
                TimeUnit.MILLISECONDS);
    }

    private void done(ChannelFuture begun) {
        connecting.remove(begun);
        if (!begun.isSuccess()) {
            failed(begun.cause());
        } else if (leg.isDone()) {
            begun.channel().close();
        } else {
            connected.add(begun.channel());
            shake();
        }
    }

    private void shake() {
        Channel channel = shaking ? null : connected.poll();
        if (channel == null) {
            return;
        }
        shaking = true;
        CompletableFuture<Leg> outcome = new CompletableFuture<>();
        var deadline = loop.schedule(
                () -> outcome.completeExceptionally(
                        new IOException("no answer from " + channel.remoteAddress() + " within " + patience)),
                patience.toMillis(),
                TimeUnit.MILLISECONDS);
        leg.whenComplete((opened, failed) -> {
            if (failed != null) {
                outcome.completeExceptionally(failed);
            }
        });
        outcome.whenComplete((opened, failed) -> {
            deadline.cancel(false);
            if (failed == null) {
                if (!leg.complete(opened)) {
                    opened.abort(); // the caller has given up
                }
            } else {
                channel.close();
                loop.execute(() -> {
                    shaking = false;
                    failed(failed);
                });
            }
        });
        handshake.accept(channel, outcome);
    }

    private void failed(Throwable why) {
        if (failure == null || why instanceof HandshakeException) {
            failure = why;
        }
        if (leg.isDone()) {
            return;
        }
        if (why instanceof HandshakeException refused && refused.status() < 500) {
            fail(why); // the server's decision, which holds for all addresses
        } else if (!connected.isEmpty()) {
            shake();
        } else if (!left.isEmpty()) {
            next();
        } else if (connecting.isEmpty() && !shaking) {
            fail(failure);
        }
    }

    private void fail(Throwable why) {
        leg.completeExceptionally(why instanceof IOException e ? e : new IOException("cannot connect", why));
    }

    private void end() {
        connecting.forEach(begun -> begun.channel().close());
        connected.forEach(Channel::close);
        connected.clear();
        left.clear();
    }
}
