/** A custom secondary channel: invitations as files in a shared folder. */
@NullMarked
package io.github.wsbridge.examples.signaller;

import org.jspecify.annotations.NullMarked;
