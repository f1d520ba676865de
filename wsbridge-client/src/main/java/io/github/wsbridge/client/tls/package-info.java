/** TLS 1.3 between requester and device, inside a bridge: what lies between the two sees only ciphertext. */
@NullMarked
package io.github.wsbridge.client.tls;

import org.jspecify.annotations.NullMarked;
