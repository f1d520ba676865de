package io.github.wsbridge.proxy;

import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;

/**
 * One of the protocols in which clients ask for a stream, at the end of a pipeline with its codecs. It passes on a
 * {@link io.github.wsbridge.wire.net.HostPort} or a {@link Refusal}, once, and then the bytes after the request. It
 * answers refusals that it passes on itself.
 */
abstract class Dialect extends ChannelInboundHandlerAdapter {

    /** Says that the stream stands. */
    abstract void grant(EmbeddedChannel channel);

    /** Says why there is no stream. */
    abstract void refuse(EmbeddedChannel channel, Refusal why);
}
