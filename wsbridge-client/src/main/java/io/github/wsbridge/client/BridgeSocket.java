package io.github.wsbridge.client;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketException;

/** A socket whose connection is a bridge. */
final class BridgeSocket extends Socket {

    BridgeSocket(ChannelSocket implementation) throws SocketException {
        super(implementation);
    }

    /** Connects; newer JDKs refuse addresses that are not resolved, so these are given one. */
    @Override
    public void connect(SocketAddress endpoint, int timeout) throws IOException {
        super.connect(
                endpoint instanceof InetSocketAddress name && name.isUnresolved()
                        ? new InetSocketAddress(UnaddressedSocket.named(name.getHostString()), name.getPort())
                        : endpoint,
                timeout);
    }
}
