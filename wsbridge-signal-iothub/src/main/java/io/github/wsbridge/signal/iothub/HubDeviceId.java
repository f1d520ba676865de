package io.github.wsbridge.signal.iothub;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;

/**
 * The device ids of IoT Hub: up to 128 ASCII letters, digits and certain punctuation characters. The SDK inserts them
 * into URLs and addresses without escaping, so they are escaped here: an id with a {@code #} or {@code ?} would
 * otherwise name another device.
 */
final class HubDeviceId {

    private static final int MAX_LENGTH = 128;
    private static final String SIGNS = "-:.+%_#*?!(),=@;$'";

    private HubDeviceId() {}

    /**
     * Returns whether a hub could have a device with this id. Ids that consist only of dots would change the path of a
     * URL.
     */
    static boolean possible(String deviceId) {
        return !deviceId.isEmpty()
                && deviceId.length() <= MAX_LENGTH
                && deviceId.chars().allMatch(HubDeviceId::allowed)
                && !deviceId.equals(".")
                && !deviceId.equals("..");
    }

    private static boolean allowed(int c) {
        return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || SIGNS.indexOf(c) >= 0;
    }

    /** Escapes an id for use in a URL or an address. */
    static String escaped(String deviceId) {
        return URLEncoder.encode(deviceId, StandardCharsets.US_ASCII)
                .replace("+", "%20")
                .replace("*", "%2A");
    }
}
