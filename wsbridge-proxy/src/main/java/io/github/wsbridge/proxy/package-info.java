/** SOCKS 5 and HTTP CONNECT at the requester's end of a tunnel. */
@NullMarked
package io.github.wsbridge.proxy;

import org.jspecify.annotations.NullMarked;
