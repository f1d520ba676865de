package io.github.wsbridge.client;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.net.SocketImpl;
import java.net.SocketOption;
import java.util.Set;

/** What sockets and server sockets on bridges have in common: their options, and that they have no network address. */
abstract class UnaddressedSocket extends SocketImpl {

    final SocketSettings settings = new SocketSettings();

    /** Returns an address for an end that has none: a name and the unspecified address, which needs no lookup. */
    static InetAddress named(String name) {
        try {
            return InetAddress.getByAddress(name, new byte[4]);
        } catch (IOException e) { // only for addresses of another length, and names in brackets
            return new InetSocketAddress(0).getAddress();
        }
    }

    @Override
    protected final void create(boolean stream) {}

    @Override
    protected final void bind(InetAddress host, int port) {
        address = host;
    }

    @Override
    protected final void connect(String host, int port) throws IOException {
        connect(InetSocketAddress.createUnresolved(host, port), 0);
    }

    @Override
    protected final void connect(InetAddress to, int port) throws IOException {
        connect(new InetSocketAddress(to, port), 0);
    }

    @Override
    protected final boolean supportsUrgentData() {
        return false;
    }

    @Override
    protected final void sendUrgentData(int data) throws SocketException {
        throw new SocketException("Urgent data not supported");
    }

    @Override
    public final void setOption(int option, Object value) throws SocketException {
        settings.set(option, value);
    }

    @Override
    public final Object getOption(int option) throws SocketException {
        return settings.get(option);
    }

    @Override
    protected final <T> void setOption(SocketOption<T> option, T value) throws SocketException {
        settings.set(option, value);
    }

    @Override
    protected final <T> T getOption(SocketOption<T> option) throws SocketException {
        return settings.get(option);
    }

    @Override
    protected final Set<SocketOption<?>> supportedOptions() {
        return SocketSettings.supported();
    }
}
