package io.github.wsbridge.wire.net;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The IP addresses that begin with the same bits. Never looks up a name. */
public final class IpNetwork {

    private static final Pattern V4 = Pattern.compile("NUM\\.NUM\\.NUM\\.NUM".replace("NUM", "(0|[1-9]\\d{0,2})"));
    private static final Pattern V6 = Pattern.compile("(?=.*:)[0-9a-fA-F:][0-9a-fA-F:.]*");

    private final byte[] address;
    private final int bits;

    private IpNetwork(byte[] address, int bits) {
        this.address = address;
        this.bits = bits;
    }

    /**
     * Parses an address or, with a slash and the number of bits, a network.
     *
     * @throws IllegalArgumentException if {@code text} is neither; the message says why
     */
    public static IpNetwork parse(String text) {
        IpNetwork network = around(text);
        for (int i = network.bits; i < 8 * network.address.length; i++) {
            if (bit(network.address, i)) { // most likely a mistake, which could let in more clients than intended
                throw new IllegalArgumentException("'" + text
                        + "' is an address inside a network: it has bits set beyond the first " + network.bits);
            }
        }
        return network;
    }

    /**
     * Parses the same as {@link #parse}, but also any address inside a network, such as {@code 10.1.2.3/8}, as a name
     * for the network.
     *
     * @throws IllegalArgumentException if {@code text} is none of these; the message says why
     */
    public static IpNetwork around(String text) {
        int slash = text.indexOf('/');
        byte[] address = address(slash < 0 ? text : text.substring(0, slash));
        String digits = slash < 0 ? "" : text.substring(slash + 1);
        if (address == null || slash >= 0 && !digits.matches("\\d{1,3}")) {
            throw new IllegalArgumentException("'" + text + "' is not an IP address or a network such as 10.0.0.0/8");
        }
        int all = 8 * address.length;
        int bits = slash < 0 ? all : Integer.parseInt(digits);
        if (bits > all) {
            throw new IllegalArgumentException("'" + text + "' has a prefix longer than " + all + " bits"
                    + (text.contains(":") && all == 32 ? "; write IPv4 networks in IPv4 form" : ""));
        }
        return new IpNetwork(address, bits);
    }

    /** Returns the bytes of an IP address, 4 or 16; null if the text is not one. */
    public static byte @Nullable [] address(String text) {
        Matcher four = V4.matcher(text);
        if (four.matches()) {
            byte[] bytes = new byte[4];
            for (int i = 0; i < bytes.length; i++) {
                int number = Integer.parseInt(four.group(i + 1));
                if (number > 255) {
                    return null;
                }
                bytes[i] = (byte) number;
            }
            return bytes;
        }
        try {
            return V6.matcher(text).matches() ? InetAddress.getByName(text).getAddress() : null;
        } catch (UnknownHostException e) {
            return null;
        }
    }

    /** Returns whether an address, in its 4 or 16 bytes, is one of these. */
    public boolean contains(byte[] other) {
        if (other.length != address.length) {
            return false;
        }
        for (int i = 0; i < bits; i++) {
            if (bit(other, i) != bit(address, i)) {
                return false;
            }
        }
        return true;
    }

    /** Returns how many bits the addresses have in common. */
    public int bits() {
        return bits;
    }

    private static boolean bit(byte[] bytes, int index) {
        return (bytes[index / 8] & 0x80 >> index % 8) != 0;
    }
}
