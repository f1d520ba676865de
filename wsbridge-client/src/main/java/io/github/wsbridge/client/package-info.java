/**
 * The client library, for both ends of a bridge. {@link io.github.wsbridge.client.BridgeClient} requests a bridge to a
 * device, {@link io.github.wsbridge.client.BridgeDevice} is a device, and both get a
 * {@link io.github.wsbridge.client.BridgeChannel}, a byte stream. {@link io.github.wsbridge.client.TcpTunnel} and
 * {@link io.github.wsbridge.client.TunnelTargets} carry TCP connections over it.
 */
@NullMarked
package io.github.wsbridge.client;

import org.jspecify.annotations.NullMarked;
