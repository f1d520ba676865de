/** What a node tells its operator over HTTP. */
@NullMarked
package io.github.wsbridge.launcher.management;

import org.jspecify.annotations.NullMarked;
