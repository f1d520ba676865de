package io.github.wsbridge.wire.proxy;

import io.github.wsbridge.ProxyServer;
import io.github.wsbridge.wire.net.HostPort;
import io.github.wsbridge.wire.net.IpNetwork;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Opens a connection, mostly through a proxy, with a blocking socket. */
final class ProxyDial {

    private static final int MOST_HEAD = 16 * 1024;
    private static final int SOCKS_VERSION = 5;
    private static final int NO_LOGIN = 0;
    private static final int USER_AND_PASSWORD = 2;

    private ProxyDial() {}

    /**
     * Connects, within twice the time limit. Nothing behind the proxy's answer has been read.
     *
     * @throws IOException if the proxy cannot be reached or does not let the connection through
     */
    static Socket open(ProxyServer proxy, HostPort target, int millis) throws IOException {
        Socket socket = new Socket();
        try {
            InetSocketAddress address = new InetSocketAddress(proxy.host(), proxy.port());
            if (address.isUnresolved()) {
                throw new UnknownHostException(proxy.host());
            }
            socket.setTcpNoDelay(true);
            socket.setKeepAlive(true);
            connect(socket, address, millis, proxy);
            InputStream in = new TimedInput(socket, millis);
            if (proxy.protocol() == ProxyServer.Protocol.HTTP) {
                http(proxy, target, in, socket.getOutputStream());
            } else {
                socks(proxy, target, new DataInputStream(in), socket.getOutputStream()); // does not read ahead
            }
            socket.setSoTimeout(0);
            return socket;
        } catch (IOException | RuntimeException e) {
            socket.close();
            throw e;
        }
    }

    /** Connects to an address without a proxy. */
    static Socket direct(InetSocketAddress address, int millis) throws IOException {
        Socket socket = new Socket();
        try {
            socket.setTcpNoDelay(true);
            socket.setKeepAlive(true);
            socket.connect(address, millis);
            return socket;
        } catch (IOException | RuntimeException e) {
            socket.close();
            throw e;
        }
    }

    private static void connect(Socket socket, InetSocketAddress address, int millis, ProxyServer proxy)
            throws IOException {
        try {
            socket.connect(address, millis);
        } catch (IOException e) {
            throw new IOException(ProxyRefusal.unreachable(proxy, e), e);
        }
    }

    static void http(ProxyServer proxy, HostPort target, InputStream in, OutputStream out) throws IOException {
        String request = "CONNECT " + target + " HTTP/1.1\r\nHost: " + target + "\r\n"
                + (proxy.hasUser() ? "Proxy-Authorization: " + proxy.authorization() + "\r\n" : "") + "\r\n";
        out.write(request.getBytes(StandardCharsets.ISO_8859_1));
        List<String> answer = head(in).lines().toList();
        String first = answer.isEmpty() ? "" : answer.get(0);
        if (!first.matches("HTTP/1\\.[01] [1-5][0-9]{2}( .*)?")) {
            throw new IOException("the proxy " + proxy + " does not speak HTTP");
        }
        int status = Integer.parseInt(first.substring(9, 12));
        if (status / 100 != 2) {
            List<String> challenges = new ArrayList<>();
            for (String line : answer) {
                if (line.regionMatches(true, 0, "Proxy-Authenticate:", 0, 19)) {
                    challenges.add(line.substring(19));
                }
            }
            throw new IOException(ProxyRefusal.http(proxy, status, challenges, target.toString()));
        }
    }

    /** Reads up to and including the empty line, byte by byte, so that nothing behind it is taken. */
    static String head(InputStream in) throws IOException {
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        int ends = 0;
        while (ends < 4) {
            int next = in.read();
            if (next < 0 || head.size() >= MOST_HEAD) {
                throw new IOException(next < 0 ? "the connection was closed" : "the header is too long");
            }
            head.write(next);
            ends = next == (ends % 2 == 0 ? '\r' : '\n') ? ends + 1 : next == '\r' ? 1 : 0;
        }
        return head.toString(StandardCharsets.ISO_8859_1);
    }

    static void socks(ProxyServer proxy, HostPort target, DataInputStream in, OutputStream out) throws IOException {
        int method = proxy.hasUser() ? USER_AND_PASSWORD : NO_LOGIN;
        out.write(new byte[] {SOCKS_VERSION, 1, (byte) method});
        if (in.readUnsignedByte() != SOCKS_VERSION) {
            throw new IOException(ProxyRefusal.notSocks(proxy));
        }
        if (in.readUnsignedByte() != method) {
            throw new IOException(ProxyRefusal.login(proxy));
        }
        if (method == USER_AND_PASSWORD) {
            ByteArrayOutputStream login = new ByteArrayOutputStream();
            login.write(1);
            text(login, proxy.user());
            text(login, proxy.password());
            out.write(login.toByteArray());
            in.readUnsignedByte();
            if (in.readUnsignedByte() != 0) {
                throw new IOException(ProxyRefusal.login(proxy));
            }
        }
        ByteArrayOutputStream request = new ByteArrayOutputStream();
        request.write(new byte[] {SOCKS_VERSION, 1, 0}); // CONNECT
        byte[] address = IpNetwork.address(target.host());
        if (address == null) {
            request.write(3); // the proxy looks up the name
            text(request, target.host());
        } else {
            request.write(address.length == 4 ? 1 : 4);
            request.write(address);
        }
        request.write(target.port() >> 8);
        request.write(target.port());
        out.write(request.toByteArray());
        in.readUnsignedByte();
        int reply = in.readUnsignedByte();
        in.readUnsignedByte();
        if (reply != 0) {
            throw new IOException(ProxyRefusal.socks(proxy, reply, target.toString()));
        }
        int kind = in.readUnsignedByte();
        in.readFully(new byte[(kind == 1 ? 4 : kind == 4 ? 16 : in.readUnsignedByte()) + 2]); // its own address
    }

    private static void text(ByteArrayOutputStream out, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        if (bytes.length > 255) {
            throw new IOException("too long for SOCKS: " + bytes.length + " bytes");
        }
        out.write(bytes.length);
        out.write(bytes);
    }
}
