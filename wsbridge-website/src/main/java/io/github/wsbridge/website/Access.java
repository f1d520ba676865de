package io.github.wsbridge.website;

import org.jspecify.annotations.Nullable;

/**
 * How somebody reaches devices.
 *
 * @param pages opens channels to their web servers
 * @param lines opens channels to their terminal lines; null if there are no terminals
 * @param sightings what became of the attempts
 */
record Access(DeviceChannels pages, @Nullable DeviceChannels lines, Sightings sightings) {}
