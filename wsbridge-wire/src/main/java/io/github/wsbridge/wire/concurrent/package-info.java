/** Threads, timers and the pauses between attempts. */
@NullMarked
package io.github.wsbridge.wire.concurrent;

import org.jspecify.annotations.NullMarked;
