/**
 * The words of the WebSocket Bridge: a request, an invitation, a token, a close reason, a bridge.
 *
 * <p>All types here are immutable unless they say otherwise. Strings may hold any Unicode text that their type allows;
 * sizes are limited by the node that handles them, not here.
 */
@NullMarked
package io.github.wsbridge;

import org.jspecify.annotations.NullMarked;
