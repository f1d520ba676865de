/** The home page of the simulated device. */
@NullMarked
package io.github.wsbridge.launcher.home;

import org.jspecify.annotations.NullMarked;
