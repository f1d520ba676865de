/** The bridge's JSON messages, and legs that carry them. */
@NullMarked
package io.github.wsbridge.wire.message;

import org.jspecify.annotations.NullMarked;
