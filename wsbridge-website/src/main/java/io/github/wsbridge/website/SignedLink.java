package io.github.wsbridge.website;

import java.net.InetAddress;

/**
 * A signed URL of the bridge with which somebody opens a device at the website.
 *
 * @param device the device that it names
 * @param query the URL's query, as it came; a secret
 * @param address where the browser was
 */
public record SignedLink(String device, String query, InetAddress address) {

    /** Omits the query. */
    @Override
    public String toString() {
        return "link to " + device + " from " + address.getHostAddress();
    }
}
