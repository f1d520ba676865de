/** The command line: node, device, tunnel, keys, demo. */
@NullMarked
package io.github.wsbridge.launcher;

import org.jspecify.annotations.NullMarked;
