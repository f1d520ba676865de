/** RFC 6455: frames, masking and the opening handshake. */
@NullMarked
package io.github.wsbridge.wire.websocket;

import org.jspecify.annotations.NullMarked;
