/** A device that answers whoever asks for it. */
@NullMarked
package io.github.wsbridge.examples.device;

import org.jspecify.annotations.NullMarked;
