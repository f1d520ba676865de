/** Files with keys and certificates, in the forms in which people have them. */
@NullMarked
package io.github.wsbridge.wire.files;

import org.jspecify.annotations.NullMarked;
