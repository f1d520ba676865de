/**
 * The bridge node: pending bridges, splices, tokens, the built-in secondary channel, and the only door to them all,
 * {@link io.github.wsbridge.core.BridgeNode}.
 */
@NullMarked
package io.github.wsbridge.core;

import org.jspecify.annotations.NullMarked;
