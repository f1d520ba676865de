/** The decision on each handshake before the upgrade, and where it leads. */
@NullMarked
package io.github.wsbridge.core.admission;

import org.jspecify.annotations.NullMarked;
