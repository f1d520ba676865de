/**
 * A secondary channel over Redis: {@link io.github.wsbridge.signal.redis.RedisSignaller} for nodes, {@link
 * io.github.wsbridge.signal.redis.RedisInvitations} for devices.
 */
@NullMarked
package io.github.wsbridge.signal.redis;

import org.jspecify.annotations.NullMarked;
