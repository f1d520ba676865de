/**
 * The bridge on Jakarta WebSocket: {@link io.github.wsbridge.jakarta.BridgeFilter} for any servlet container,
 * {@link io.github.wsbridge.tyrus.TyrusBridgeServer} where there is none, and
 * {@link io.github.wsbridge.tyrus.TyrusConnector} for outgoing connections.
 */
@NullMarked
package io.github.wsbridge.tyrus;

import org.jspecify.annotations.NullMarked;
