package io.github.wsbridge.proxy;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;

/** A client of a proxy that says exactly what it is told to. */
final class Client implements AutoCloseable {

    static final byte[] HELLO = {5, 1, 0};

    private final Socket socket = new Socket();

    Client(InetSocketAddress proxy) throws IOException {
        socket.connect(proxy, 10_000);
        socket.setSoTimeout(20_000);
        socket.setTcpNoDelay(true);
    }

    static byte[] named(int command, String host, int port) {
        return request(command, 3, join(new byte[] {(byte) host.length()}, host.getBytes(US_ASCII)), port);
    }

    static byte[] request(int command, int type, byte[] address, int port) {
        return join(
                new byte[] {5, (byte) command, 0, (byte) type}, address, new byte[] {(byte) (port >> 8), (byte) port});
    }

    static byte[] join(byte[]... parts) {
        ByteArrayOutputStream joined = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            joined.writeBytes(part);
        }
        return joined.toByteArray();
    }

    Client say(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
        return this;
    }

    Client say(String text) throws IOException {
        return say(text.getBytes(ISO_8859_1));
    }

    byte[] hear(int length) throws IOException {
        return socket.getInputStream().readNBytes(length);
    }

    /** Returns the second byte of the reply, its status. */
    int status() throws IOException {
        byte[] reply = hear(10);
        return reply.length == 10 && reply[0] == 5 ? reply[1] : -1;
    }

    /** Returns everything until the end; fails if the connection is reset. */
    byte[] hearAll() throws IOException {
        return socket.getInputStream().readAllBytes();
    }

    String text() throws IOException {
        return new String(hearAll(), ISO_8859_1);
    }

    /** Closes with a reset. */
    void reset() throws IOException {
        socket.setSoLinger(true, 0);
        socket.close();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
