package io.github.wsbridge.website;

import io.github.wsbridge.client.BridgeLeg;
import io.github.wsbridge.client.DeviceDialer;
import io.github.wsbridge.netty.LegChannel;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.RejectedExecutionException;

/** Channels over streams to a target of each device. */
record DialledChannels(DeviceDialer dialer, String target) implements DeviceChannels {

    @Override
    public Future<Channel> open(String device, EventLoop loop, ChannelHandler handler) {
        Promise<Channel> opening = loop.newPromise();
        CompletableFuture<BridgeLeg> dialling;
        try {
            dialling = dialer.leg(device, target);
        } catch (IllegalArgumentException e) {
            return opening.setFailure(e);
        }
        opening.addListener(done -> {
            if (done.isCancelled()) {
                dialling.cancel(true);
            }
        });
        dialling.whenComplete((leg, failure) -> {
            if (failure == null) {
                register(leg, loop, handler, opening);
            } else {
                opening.tryFailure(
                        failure instanceof CompletionException && failure.getCause() != null
                                ? failure.getCause()
                                : failure);
            }
        });
        return opening;
    }

    private static void register(BridgeLeg leg, EventLoop loop, ChannelHandler handler, Promise<Channel> opening) {
        LegChannel channel = new LegChannel(leg);
        channel.config().setAutoRead(false);
        channel.pipeline().addLast(handler);
        try {
            loop.register(channel).addListener((ChannelFuture registered) -> {
                if (!registered.isSuccess()) {
                    leg.abort();
                    opening.tryFailure(registered.cause());
                } else if (!opening.trySuccess(channel)) {
                    channel.close();
                }
            });
        } catch (RejectedExecutionException e) { // the website has been closed
            leg.abort();
        }
    }
}
