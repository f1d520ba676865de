/**
 * Both ends of a bridge for programs: {@link io.github.wsbridge.client.BridgeClient} asks for a bridge to a device,
 * {@link io.github.wsbridge.client.BridgeDevice} is one, and either gets a {@link io.github.wsbridge.client.BridgeChannel},
 * which is a byte stream. {@link io.github.wsbridge.client.TcpTunnel} and {@link io.github.wsbridge.client.TunnelTargets}
 * carry TCP connections over it.
 */
@NullMarked
package io.github.wsbridge.client;

import org.jspecify.annotations.NullMarked;
