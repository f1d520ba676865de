/** Proxies between a client and its server: which one the environment names, and how to get through. */
@NullMarked
package io.github.wsbridge.wire.proxy;

import org.jspecify.annotations.NullMarked;
