/** Network addresses. */
@NullMarked
package io.github.wsbridge.wire.net;

import org.jspecify.annotations.NullMarked;
