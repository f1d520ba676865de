/** Access control: every refusal before the upgrade is decided here. */
@NullMarked
package io.github.wsbridge.core.access;

import org.jspecify.annotations.NullMarked;
