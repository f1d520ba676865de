package io.github.wsbridge.website;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;

/** Opens channels to the web servers of devices. */
@FunctionalInterface
interface DeviceChannels {

    /**
     * Opens a channel, which reads only on request. Does not block.
     *
     * @param device the device
     * @param loop what the channel and the returned future belong to
     * @param handler initializes the channel's pipeline
     * @return the channel once it is open. Cancelling the future ends the attempt
     */
    Future<Channel> open(String device, EventLoop loop, ChannelHandler handler);
}
