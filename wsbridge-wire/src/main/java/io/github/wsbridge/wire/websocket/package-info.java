/** RFC 6455: frames, masks, the opening handshake. */
@NullMarked
package io.github.wsbridge.wire.websocket;

import org.jspecify.annotations.NullMarked;
