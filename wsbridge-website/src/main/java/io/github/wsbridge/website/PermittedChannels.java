package io.github.wsbridge.website;

import io.github.wsbridge.HandshakeException;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.util.function.Predicate;

/** Channels to those devices only that somebody may open. */
record PermittedChannels(DeviceChannels channels, Predicate<String> mayOpen) implements DeviceChannels {

    private static final int FORBIDDEN = 403;

    @Override
    public Future<Channel> open(String device, EventLoop loop, ChannelHandler handler) {
        return mayOpen.test(device)
                ? channels.open(device, loop, handler)
                : loop.newFailedFuture(new HandshakeException(FORBIDDEN));
    }
}
