package io.github.wsbridge.testkit.transport;

import io.github.wsbridge.ProxyServer;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * A proxy on the loopback address, for tests of clients: it speaks HTTP and SOCKS 5, and lets only one user through if
 * it has one. Every name leads to the loopback address. Its answers arrive in pieces. Thread-safe.
 */
public final class TestProxy implements AutoCloseable {

    private static final int SOCKS_VERSION = 5;

    private static final int DEADLINE_MILLIS = 5_000;

    private final ServerSocket listener;
    private final String user;
    private final String password;
    private final String challenge;
    private final List<String> targets = new CopyOnWriteArrayList<>();
    private final List<Socket> sockets = new CopyOnWriteArrayList<>();

    private TestProxy(String user, String password, String challenge) throws IOException {
        this.user = user;
        this.password = password;
        this.challenge = challenge;
        listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        daemon(this::accept);
    }

    /** Starts a proxy that lets everyone through. */
    public static TestProxy open() throws IOException {
        return new TestProxy("", "", "");
    }

    /** Starts a proxy that lets one user through. */
    public static TestProxy forUser(String user, String password) throws IOException {
        return new TestProxy(user, password, "Basic realm=\"test\"");
    }

    /** Starts a proxy that lets nobody through, and asks for authentication in another way. */
    public static TestProxy challenging(String challenge) throws IOException {
        return new TestProxy("nobody", "nothing", challenge);
    }

    /** Returns the proxy as a client must know it. */
    public ProxyServer server(ProxyServer.Protocol protocol, String asUser, String withPassword) {
        return new ProxyServer(protocol, "127.0.0.1", listener.getLocalPort(), asUser, withPassword);
    }

    /** Returns the hosts and ports that clients were let through to, such as {@code example.com:443}. */
    public List<String> targets() {
        return List.copyOf(targets);
    }

    private static void daemon(Runnable task) {
        Thread thread = new Thread(task, "test-proxy");
        thread.setDaemon(true);
        thread.start();
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket client = listener.accept();
                client.setTcpNoDelay(true);
                sockets.add(client);
                daemon(() -> serve(client));
            } catch (IOException e) {
                return; // closed
            }
        }
    }

    private void serve(Socket client) {
        try (client) {
            DataInputStream in = new DataInputStream(client.getInputStream());
            int first = in.readUnsignedByte();
            if (first == SOCKS_VERSION) {
                socks(client, in);
            } else {
                http(client, in, first);
            }
        } catch (IOException e) {
            // The client has gone, or the test is over.
        }
    }

    private void http(Socket client, DataInputStream in, int first) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        bytes.write(first);
        while (!bytes.toString(StandardCharsets.ISO_8859_1).endsWith("\r\n\r\n")) {
            bytes.write(in.readUnsignedByte());
        }
        String head = bytes.toString(StandardCharsets.ISO_8859_1);
        ProxyServer wanted = server(ProxyServer.Protocol.HTTP, user, password);
        if (!user.isEmpty()
                && !head.matches("(?si).*\r\nProxy-Authorization: \\Q" + wanted.authorization() + "\\E\r\n.*")) {
            answer(client, "407 Who are you?\r\nProxy-Authenticate: " + challenge);
            client.shutdownOutput();
            client.setSoTimeout(DEADLINE_MILLIS);
            in.transferTo(OutputStream.nullOutputStream()); // an unread body would turn the close into a reset
            return;
        }
        String target = head.split(" ")[1];
        targets.add(target);
        try (Socket onward = dial(target)) {
            answer(client, "200 Connected");
            relay(client, onward);
        }
    }

    private static void answer(Socket client, String status) throws IOException {
        send(client, ("HTTP/1.1 " + status + "\r\nContent-Length: 0\r\n\r\n").getBytes(StandardCharsets.ISO_8859_1));
    }

    private static void send(Socket client, byte... answer) throws IOException {
        for (byte each : answer) {
            client.getOutputStream().write(each);
        }
    }

    private void socks(Socket client, DataInputStream in) throws IOException {
        List<Integer> methods = new ArrayList<>();
        for (int i = in.readUnsignedByte(); i > 0; i--) {
            methods.add(in.readUnsignedByte());
        }
        int method = user.isEmpty() ? 0 : 2;
        if (!methods.contains(method)) {
            send(client, (byte) SOCKS_VERSION, (byte) 0xFF);
            return;
        }
        send(client, (byte) SOCKS_VERSION, (byte) method);
        if (method == 2) {
            in.readUnsignedByte();
            boolean good = text(in).equals(user) & text(in).equals(password);
            send(client, (byte) 1, (byte) (good ? 0 : 1));
            if (!good) {
                return;
            }
        }
        in.readFully(new byte[3]);
        int kind = in.readUnsignedByte();
        String host = kind == 3
                ? text(in)
                : InetAddress.getByAddress(in.readNBytes(kind == 1 ? 4 : 16)).getHostAddress();
        String target = host + ":" + in.readUnsignedShort();
        targets.add(target);
        byte[] reply = {SOCKS_VERSION, 0, 0, 1, 127, 0, 0, 1, 0, 0};
        if (kind == 3 && host.matches("[0-9.]+|.*:.*")) { // an address is not a name
            reply[1] = 8;
            send(client, reply);
            return;
        }
        try (Socket onward = dial(target)) {
            send(client, reply);
            relay(client, onward);
        } catch (ConnectException e) {
            reply[1] = 5;
            send(client, reply);
        }
    }

    private static String text(DataInputStream in) throws IOException {
        byte[] bytes = in.readNBytes(in.readUnsignedByte());
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private Socket dial(String target) throws IOException {
        int port = Integer.parseInt(target.substring(target.lastIndexOf(':') + 1));
        Socket onward = new Socket(InetAddress.getLoopbackAddress(), port);
        sockets.add(onward);
        return onward;
    }

    private static void relay(Socket client, Socket onward) throws IOException {
        daemon(() -> {
            try {
                copy(onward.getInputStream(), client);
            } catch (IOException e) {
                // The client has gone.
            }
        });
        copy(client.getInputStream(), onward);
    }

    private static void copy(InputStream from, Socket to) throws IOException {
        try {
            from.transferTo(to.getOutputStream());
        } catch (EOFException e) {
            return;
        } finally {
            to.close();
        }
    }

    /** Stops the proxy and drops its connections. */
    @Override
    public void close() throws IOException {
        listener.close();
        for (Socket socket : sockets) {
            socket.close();
        }
    }
}
