/** A transport of one's own: legs, a connector and a server on plain sockets, with frames that are no WebSocket's. */
@NullMarked
package io.github.wsbridge.examples.transport;

import org.jspecify.annotations.NullMarked;
