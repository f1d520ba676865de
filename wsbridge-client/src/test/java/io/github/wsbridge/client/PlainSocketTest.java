package io.github.wsbridge.client;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;

/** The JDK's sockets behave as the tests of ours demand. */
final class PlainSocketTest extends SocketBehaviour {

    @Override
    ServerSocket serve() throws IOException {
        return new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
    }

    @Override
    Socket socket() {
        return new Socket();
    }

    @Override
    void connect(Socket socket) throws IOException {
        socket.connect(server.getLocalSocketAddress());
    }
}
