/** The bounds of a node. */
@NullMarked
package io.github.wsbridge.core.limits;

import org.jspecify.annotations.NullMarked;
