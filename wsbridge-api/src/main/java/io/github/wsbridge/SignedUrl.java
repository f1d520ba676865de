package io.github.wsbridge;

import java.net.URI;
import java.time.Instant;

/**
 * A connect URL with which whoever has it can request bridges to one device, without any other credential.
 *
 * @param url the URL; a secret
 * @param expires when it ceases to be valid, in whole seconds
 */
public record SignedUrl(URI url, Instant expires) {

    /** Omits the URL. */
    @Override
    public String toString() {
        return "SignedUrl[expires " + expires + "]";
    }
}
