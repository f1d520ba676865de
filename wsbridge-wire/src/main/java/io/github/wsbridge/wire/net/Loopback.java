package io.github.wsbridge.wire.net;

import java.util.List;
import java.util.Locale;

/** The names and addresses by which a machine reaches itself. */
public final class Loopback {

    private static final List<IpNetwork> ADDRESSES = List.of(IpNetwork.parse("127.0.0.0/8"), IpNetwork.parse("::1"));

    private Loopback() {}

    /**
     * Returns the host of a {@code Host} field, in lower case and without port and brackets.
     *
     * @param field the field's value
     */
    public static String host(String field) {
        return field.strip()
                .toLowerCase(Locale.ROOT)
                .replaceFirst(":[0-9]*$", "")
                .replaceAll("^\\[|]$", "");
    }

    /** Returns whether a host, as {@link #host} returns it, is this machine, whatever a DNS server says. */
    public static boolean is(String host) {
        byte[] address = IpNetwork.address(host);
        return host.equals("localhost")
                || address != null && ADDRESSES.stream().anyMatch(network -> network.contains(address));
    }
}
