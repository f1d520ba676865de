/** A custom transport: legs, a connector and a server on plain sockets, with framing other than WebSocket. */
@NullMarked
package io.github.wsbridge.examples.transport;

import org.jspecify.annotations.NullMarked;
