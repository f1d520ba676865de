/** Traces of how bridges are set up: what header fields and messages carry. */
@NullMarked
package io.github.wsbridge.wire.trace;

import org.jspecify.annotations.NullMarked;
