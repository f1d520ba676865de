/** A keyset that a key management service has encrypted. */
@NullMarked
package io.github.wsbridge.examples.kms;

import org.jspecify.annotations.NullMarked;
