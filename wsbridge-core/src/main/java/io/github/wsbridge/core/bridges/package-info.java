/** A bridge from its request to its end. */
@NullMarked
package io.github.wsbridge.core.bridges;

import org.jspecify.annotations.NullMarked;
