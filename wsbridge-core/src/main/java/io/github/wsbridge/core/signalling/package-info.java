/** Secondary channels: the chain of signallers and the built-in listen socket. */
@NullMarked
package io.github.wsbridge.core.signalling;

import org.jspecify.annotations.NullMarked;
