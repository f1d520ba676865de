package io.github.wsbridge.client;

import java.net.InetSocketAddress;
import java.net.SocketException;
import java.net.SocketOption;
import java.net.SocketOptions;
import java.net.StandardSocketOptions;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * The options of a socket without a network connection of its own. Those of every TCP socket can be set and read back;
 * only the read timeout and a linger time of zero mean anything here. Those of {@code jdk.net} that tune the keepalive
 * of TCP, which some libraries set wherever the JDK knows them, are taken too. Thread-safe.
 */
final class SocketSettings {

    private static final Map<SocketOption<?>, Integer> SUPPORTED = Map.of(
            StandardSocketOptions.SO_RCVBUF, SocketOptions.SO_RCVBUF,
            StandardSocketOptions.SO_SNDBUF, SocketOptions.SO_SNDBUF,
            StandardSocketOptions.SO_KEEPALIVE, SocketOptions.SO_KEEPALIVE,
            StandardSocketOptions.SO_REUSEADDR, SocketOptions.SO_REUSEADDR,
            StandardSocketOptions.SO_LINGER, SocketOptions.SO_LINGER,
            StandardSocketOptions.TCP_NODELAY, SocketOptions.TCP_NODELAY,
            StandardSocketOptions.IP_TOS, SocketOptions.IP_TOS);

    /** By name, since not every runtime has the module {@code jdk.net}. */
    private static final Set<String> TUNING =
            Set.of("TCP_KEEPIDLE", "TCP_KEEPINTERVAL", "TCP_KEEPCOUNT", "TCP_QUICKACK");

    private final Map<String, Object> tuning = new ConcurrentHashMap<>();
    private final Map<Integer, Object> values = new ConcurrentHashMap<>(Map.of(
            SocketOptions.SO_RCVBUF,
            Incoming.MAX_WAITING * 16 * 1024,
            SocketOptions.SO_SNDBUF,
            16 * 1024,
            SocketOptions.SO_KEEPALIVE,
            true,
            SocketOptions.SO_REUSEADDR,
            false,
            SocketOptions.SO_OOBINLINE,
            false,
            SocketOptions.SO_LINGER,
            -1,
            SocketOptions.SO_TIMEOUT,
            0,
            SocketOptions.TCP_NODELAY,
            true,
            SocketOptions.IP_TOS,
            0,
            SocketOptions.SO_BINDADDR,
            new InetSocketAddress(0).getAddress()));

    void set(int option, Object value) throws SocketException {
        if (option == SocketOptions.SO_BINDADDR || !values.containsKey(option)) {
            throw new SocketException("no such option: " + option);
        }
        values.put(option, option == SocketOptions.SO_LINGER && value.equals(false) ? (Object) (-1) : value);
    }

    Object get(int option) throws SocketException {
        Object value = values.get(option);
        if (value == null) {
            throw new SocketException("no such option: " + option);
        }
        return value;
    }

    static Set<SocketOption<?>> supported() {
        return SUPPORTED.keySet();
    }

    void set(SocketOption<?> option, Object value) throws SocketException {
        Integer number = SUPPORTED.get(option);
        if (number != null) {
            set((int) number, value);
        } else if (TUNING.contains(option.name())) {
            tuning.put(option.name(), value);
        } else {
            throw unsupported(option);
        }
    }

    @SuppressWarnings("unchecked") // the value of an option has its type
    <T> T get(SocketOption<T> option) throws SocketException {
        Integer number = SUPPORTED.get(option);
        Object value = number == null ? tuning.get(option.name()) : get((int) number);
        if (value == null) {
            throw unsupported(option);
        }
        return (T) value;
    }

    private static UnsupportedOperationException unsupported(SocketOption<?> option) {
        return new UnsupportedOperationException("'" + option + "' not supported");
    }

    /** Returns the time after which a read or an accept fails, in nanoseconds; zero for none. */
    long timeout() {
        return TimeUnit.MILLISECONDS.toNanos((Integer) Objects.requireNonNull(values.get(SocketOptions.SO_TIMEOUT)));
    }

    /** Returns whether a close is to be a reset. */
    boolean resets() {
        return Objects.equals(values.get(SocketOptions.SO_LINGER), 0);
    }
}
