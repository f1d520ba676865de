/**
 * Contract suites for transports: servers, connectors and the legs that they make, on real sockets. A new transport runs {@link
 * io.github.wsbridge.testkit.transport.TransportLegContract} first; its server runs {@link
 * io.github.wsbridge.testkit.transport.StandaloneServerContract}, or {@link
 * io.github.wsbridge.testkit.transport.BridgeServerContract} if it lives in a server of somebody else; its connector runs {@link
 * io.github.wsbridge.testkit.SocketConnectorContract} and {@link
 * io.github.wsbridge.testkit.transport.TransportConnectorContract}.
 */
@NullMarked
package io.github.wsbridge.testkit.transport;

import org.jspecify.annotations.NullMarked;
