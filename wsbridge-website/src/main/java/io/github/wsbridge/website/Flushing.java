package io.github.wsbridge.website;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;

/** Writes to a channel, and flushes once for all that is written in one turn of the event loop. */
final class Flushing {

    private final Channel channel;
    private boolean due;

    Flushing(Channel channel) {
        this.channel = channel;
    }

    ChannelFuture write(Object message) {
        ChannelFuture written = channel.write(message);
        if (!due) {
            due = true;
            channel.eventLoop().execute(() -> {
                due = false;
                channel.flush();
            });
        }
        return written;
    }
}
