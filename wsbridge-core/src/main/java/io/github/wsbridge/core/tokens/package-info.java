/** Bridge tokens and the keys that seal them. */
@NullMarked
package io.github.wsbridge.core.tokens;

import org.jspecify.annotations.NullMarked;
