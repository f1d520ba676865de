/** A node inside a servlet container, and a connector on any Jakarta WebSocket client. */
@NullMarked
package io.github.wsbridge.jakarta;

import org.jspecify.annotations.NullMarked;
