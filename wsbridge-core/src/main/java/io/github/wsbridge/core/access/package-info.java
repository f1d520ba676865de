/** Access policies: who may connect and who may listen. */
@NullMarked
package io.github.wsbridge.core.access;

import org.jspecify.annotations.NullMarked;
