/** A device that serves a web page. */
@NullMarked
package io.github.wsbridge.examples.device;

import org.jspecify.annotations.NullMarked;
