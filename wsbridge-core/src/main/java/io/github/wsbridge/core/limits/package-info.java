/** The limits of a node, and how they are enforced. */
@NullMarked
package io.github.wsbridge.core.limits;

import org.jspecify.annotations.NullMarked;
