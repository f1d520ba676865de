package io.github.wsbridge.wire.net;

import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/** The order in which the addresses of a server are tried. */
public final class AddressTurns {

    /** The delay before the next address is tried (RFC 8305, section 5). */
    public static final int HEAD_START_MILLIS = 250;

    private AddressTurns() {}

    /** Returns the addresses in turns of their families, beginning with that of the first (RFC 8305, section 4). */
    public static Deque<InetSocketAddress> alternating(List<InetSocketAddress> addresses) {
        Deque<InetSocketAddress> six = new ArrayDeque<>();
        Deque<InetSocketAddress> four = new ArrayDeque<>();
        addresses.forEach(each -> (each.getAddress() instanceof Inet6Address ? six : four).add(each));
        boolean sixNext = addresses.get(0).getAddress() instanceof Inet6Address;
        Deque<InetSocketAddress> turns = new ArrayDeque<>();
        while (!six.isEmpty() || !four.isEmpty()) {
            turns.add((sixNext && !six.isEmpty() || four.isEmpty() ? six : four).poll());
            sixNext = !sixNext;
        }
        return turns;
    }
}
