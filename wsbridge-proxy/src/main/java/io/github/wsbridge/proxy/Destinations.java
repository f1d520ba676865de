package io.github.wsbridge.proxy;

import io.github.wsbridge.wire.net.HostPort;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Tells from a host name and a port which target of which device is meant, as {@link ProxyEntrance} describes it.
 *
 * @param device the device of all names that do not name one; null for none
 * @param ports the names of targets by the ports of a device's own host name
 */
record Destinations(@Nullable String device, Map<Integer, String> ports) {

    private static final String SUFFIX = ".wsbridge";

    /** @throws Refusal if no device is meant */
    Destination of(HostPort wish) throws Refusal {
        String host = wish.host().endsWith(SUFFIX + ".")
                ? wish.host().substring(0, wish.host().length() - 1)
                : wish.host();
        if (host.toLowerCase(Locale.ROOT).endsWith(SUFFIX) && host.length() > SUFFIX.length()) {
            return new Destination(
                    host.substring(0, host.length() - SUFFIX.length()),
                    ports.getOrDefault(wish.port(), "localhost:" + wish.port()));
        }
        if (device == null) {
            throw Refusal.notAllowed(
                    "no device is chosen: the host name must be DEVICE.wsbridge, unless the proxy is of one device");
        }
        return new Destination(device, isName(host) ? host : wish.toString());
    }

    private static boolean isName(String host) {
        return !host.contains(".") && !host.contains(":") && !host.equalsIgnoreCase("localhost");
    }
}
