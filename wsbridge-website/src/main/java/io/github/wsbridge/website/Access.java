package io.github.wsbridge.website;

import io.netty.channel.Channel;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * How somebody reaches devices.
 *
 * @param pages opens channels to their web servers
 * @param lines opens channels to their terminal lines; null if there are no terminals
 * @param sightings what became of the attempts
 * @param uses the connections of browsers on which it is used at the moment; once closed, it closes new ones, too
 */
record Access(DeviceChannels pages, @Nullable DeviceChannels lines, Sightings sightings, ChannelGroup uses) {

    Access(DeviceChannels pages, @Nullable DeviceChannels lines) {
        this(pages, lines, new Sightings(), new DefaultChannelGroup(GlobalEventExecutor.INSTANCE, true));
    }

    /** Returns the same, with something that hears of each channel that is open. */
    Access heardBy(Consumer<Channel> opened) {
        return new Access(
                new HeardChannels(pages, opened),
                lines == null ? null : new HeardChannels(lines, opened),
                sightings,
                uses);
    }
}
