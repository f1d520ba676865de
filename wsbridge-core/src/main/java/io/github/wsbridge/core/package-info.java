/**
 * The bridge node: {@link io.github.wsbridge.core.BridgeNode} is the entry point to pending bridges, splices, tokens
 * and the built-in secondary channel.
 */
@NullMarked
package io.github.wsbridge.core;

import org.jspecify.annotations.NullMarked;
