/**
 * A secondary channel over NATS: {@link io.github.wsbridge.signal.nats.NatsSignaller} for nodes, {@link
 * io.github.wsbridge.signal.nats.NatsInvitations} for devices.
 */
@NullMarked
package io.github.wsbridge.signal.nats;

import org.jspecify.annotations.NullMarked;
