/** What runs between two legs, and wrappers that keep a leg alive or in check. */
@NullMarked
package io.github.wsbridge.wire.relay;

import org.jspecify.annotations.NullMarked;
