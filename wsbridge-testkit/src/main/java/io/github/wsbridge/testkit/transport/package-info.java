/**
 * Contract suites for transports: servers, connectors and their legs, on real sockets. A new transport runs
 * {@link io.github.wsbridge.testkit.transport.TransportLegContract} first. Its server runs
 * {@link io.github.wsbridge.testkit.transport.StandaloneServerContract}, or
 * {@link io.github.wsbridge.testkit.transport.BridgeServerContract} if it runs in another server. Its connector runs
 * {@link io.github.wsbridge.testkit.SocketConnectorContract} and
 * {@link io.github.wsbridge.testkit.transport.TransportConnectorContract}.
 */
@NullMarked
package io.github.wsbridge.testkit.transport;

import org.jspecify.annotations.NullMarked;
