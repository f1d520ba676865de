/** The relay between two legs, and wrappers that watch or restrict a leg. */
@NullMarked
package io.github.wsbridge.wire.relay;

import org.jspecify.annotations.NullMarked;
