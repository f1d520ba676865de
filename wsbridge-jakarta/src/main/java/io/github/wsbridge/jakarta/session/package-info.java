/** Legs over Jakarta WebSocket sessions. Exported to the transports that are built on one implementation. */
@NullMarked
package io.github.wsbridge.jakarta.session;

import org.jspecify.annotations.NullMarked;
