package io.github.wsbridge.website;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.util.function.Consumer;

/**
 * Channels of which something else hears.
 *
 * @param opened takes each channel once it is open
 */
record HeardChannels(DeviceChannels channels, Consumer<Channel> opened) implements DeviceChannels {

    @Override
    public Future<Channel> open(String device, EventLoop loop, ChannelHandler handler) {
        return channels.open(device, loop, handler).addListener((Future<Channel> done) -> {
            if (done.isSuccess()) {
                opened.accept(done.getNow());
            }
        });
    }
}
