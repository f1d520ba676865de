package io.github.wsbridge.website;

import io.netty.channel.Channel;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * How somebody reaches devices.
 *
 * @param pages opens channels to their web servers
 * @param lines opens channels to their terminal lines; null if there are no terminals
 * @param mayOpen which devices may be opened; null if only the bridge knows
 * @param sightings what became of the attempts
 * @param uses the connections of browsers on which it is used at the moment; once closed, it closes new ones, too
 */
record Access(
        DeviceChannels pages,
        @Nullable DeviceChannels lines,
        @Nullable Predicate<String> mayOpen,
        Sightings sightings,
        ChannelGroup uses) {

    Access(DeviceChannels pages, @Nullable DeviceChannels lines) {
        this(pages, lines, null, new Sightings(), new DefaultChannelGroup(GlobalEventExecutor.INSTANCE, true));
    }

    /** Returns the same, with something that hears of each channel that is open. */
    Access heardBy(Consumer<Channel> opened) {
        return new Access(
                new HeardChannels(pages, opened),
                lines == null ? null : new HeardChannels(lines, opened),
                mayOpen,
                sightings,
                uses);
    }

    /** Returns the same for these devices only. */
    Access limitedTo(Predicate<String> devices) {
        return new Access(
                new PermittedChannels(pages, devices),
                lines == null ? null : new PermittedChannels(lines, devices),
                devices,
                sightings,
                uses);
    }
}
