/**
 * A standalone server for a node, {@link io.github.wsbridge.tyrus.TyrusBridgeServer}, and a connector,
 * {@link io.github.wsbridge.tyrus.TyrusConnector}, on Tyrus and Grizzly. For a node inside a servlet container, see
 * {@link io.github.wsbridge.jakarta.BridgeFilter}.
 */
@NullMarked
package io.github.wsbridge.tyrus;

import org.jspecify.annotations.NullMarked;
