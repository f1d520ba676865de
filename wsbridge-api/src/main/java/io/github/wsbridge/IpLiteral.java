package io.github.wsbridge;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;

/** The one way to write an IPv6 address in a URL. */
final class IpLiteral {

    private static final int GROUPS = 8;

    private IpLiteral() {}

    /** Returns the host of a URL as in RFC 5952 if it is an IPv6 address, and unchanged if not. */
    static String canonical(String host) {
        if (!host.startsWith("[") || host.contains("%")) { // a zone has a meaning on one machine only
            return host;
        }
        try {
            InetAddress address = InetAddress.getByName(host); // looks nothing up
            return address instanceof Inet6Address ? "[" + text(address.getAddress()) + "]" : address.getHostAddress();
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException("not an IPv6 address: " + host, e);
        }
    }

    /** Replaces the first of the longest runs of at least two zero groups by {@code ::}. */
    private static String text(byte[] address) {
        int[] groups = new int[GROUPS];
        for (int i = 0; i < GROUPS; i++) {
            groups[i] = (address[2 * i] & 0xff) << 8 | address[2 * i + 1] & 0xff;
        }
        int start = 0;
        int length = 0;
        for (int i = 0; i < GROUPS; i++) {
            int run = 0;
            while (i + run < GROUPS && groups[i + run] == 0) {
                run++;
            }
            if (run > length) {
                start = i;
                length = run;
            }
        }
        return length < 2
                ? join(groups, 0, GROUPS)
                : join(groups, 0, start) + "::" + join(groups, start + length, GROUPS);
    }

    private static String join(int[] groups, int from, int to) {
        StringBuilder joined = new StringBuilder();
        for (int i = from; i < to; i++) {
            joined.append(i == from ? "" : ":").append(Integer.toHexString(groups[i]));
        }
        return joined.toString();
    }
}
