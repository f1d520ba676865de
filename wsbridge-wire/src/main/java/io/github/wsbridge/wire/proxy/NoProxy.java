package io.github.wsbridge.wire.proxy;

import io.github.wsbridge.wire.net.IpNetwork;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The servers that are reached without a proxy, as in {@code NO_PROXY}: names, which also stand for the names below
 * them, addresses, networks such as {@code 10.0.0.0/8}, and {@code *} for all. A name or an address may have a port.
 */
final class NoProxy {

    private record Entry(String name, @Nullable IpNetwork network, int port) {

        boolean matches(String host, byte @Nullable [] address, int toPort) {
            if (port != 0 && port != toPort) {
                return false;
            }
            return network != null
                    ? address != null && network.contains(address)
                    : address == null && (host.equals(name) || host.endsWith("." + name));
        }
    }

    private final List<Entry> entries;
    private final boolean all;

    private NoProxy(List<Entry> entries, boolean all) {
        this.entries = entries;
        this.all = all;
    }

    /** Parses a list separated by commas or white space. What is neither a name nor an address matches nothing. */
    static NoProxy parse(String list) {
        List<Entry> entries = new ArrayList<>();
        boolean all = false;
        for (String text : list.split("[,\\s]+")) {
            if (text.equals("*")) {
                all = true;
            } else if (!text.isEmpty()) {
                entries.add(entry(text));
            }
        }
        return new NoProxy(List.copyOf(entries), all);
    }

    private static Entry entry(String text) {
        IpNetwork network = network(text);
        if (network != null) {
            return new Entry("", network, 0);
        }
        int colon = text.lastIndexOf(':');
        boolean hasPort = colon > 0 && text.substring(colon + 1).matches("[0-9]{1,5}");
        String host = hasPort ? text.substring(0, colon) : text;
        if (host.startsWith("[") && host.endsWith("]")) {
            host = host.substring(1, host.length() - 1);
        }
        int port = hasPort ? Integer.parseInt(text.substring(colon + 1)) : 0;
        return new Entry(name(host.replaceFirst("^\\*?\\.", "")), network(host), port);
    }

    private static @Nullable IpNetwork network(String text) {
        try {
            return IpNetwork.around(text);
        } catch (IllegalArgumentException e) {
            return null; // a name
        }
    }

    private static String name(String host) {
        String lower = host.toLowerCase(Locale.ROOT);
        return lower.endsWith(".") ? lower.substring(0, lower.length() - 1) : lower;
    }

    boolean contains(String host, int port) {
        byte[] address = IpNetwork.address(host);
        String name = name(host);
        return all || entries.stream().anyMatch(entry -> entry.matches(name, address, port));
    }
}
