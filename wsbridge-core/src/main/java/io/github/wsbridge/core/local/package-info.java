/** Connections inside the process. */
@NullMarked
package io.github.wsbridge.core.local;

import org.jspecify.annotations.NullMarked;
