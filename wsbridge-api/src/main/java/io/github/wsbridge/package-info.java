/**
 * The value types of the WebSocket Bridge: requests, invitations, tokens, close reasons, bridges.
 *
 * <p>All types in this package are immutable unless documented otherwise. Strings may contain any Unicode text that
 * their type allows. Their sizes are limited by nodes, not by these types.
 */
@NullMarked
package io.github.wsbridge;

import org.jspecify.annotations.NullMarked;
