/** A TCP tunnel embedded in a program, in both roles. */
@NullMarked
package io.github.wsbridge.examples.tunnel;

import org.jspecify.annotations.NullMarked;
