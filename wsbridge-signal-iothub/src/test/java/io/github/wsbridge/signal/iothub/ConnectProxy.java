package io.github.wsbridge.signal.iothub;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** An HTTP proxy that connects one host name to a server of the test. */
final class ConnectProxy implements AutoCloseable {

    private final String name;
    private final InetSocketAddress target;
    private final ServerSocket server = new ServerSocket(0, 200, InetAddress.getLoopbackAddress());
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();

    ConnectProxy(String name, InetSocketAddress target) throws IOException {
        this.name = name;
        this.target = target;
        threads.execute(this::acceptAll);
    }

    Proxy address() {
        return new Proxy(Proxy.Type.HTTP, new InetSocketAddress("127.0.0.1", server.getLocalPort()));
    }

    private void acceptAll() {
        try {
            while (true) {
                Socket client = server.accept();
                open.add(client);
                threads.execute(() -> serve(client));
            }
        } catch (IOException e) {
            // closed
        }
    }

    private void serve(Socket client) {
        try (client;
                Socket hub = new Socket()) {
            String head = head(client.getInputStream());
            OutputStream out = client.getOutputStream();
            if (!head.startsWith("CONNECT " + name + " ")) {
                out.write("HTTP/1.1 403 Forbidden\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
                return;
            }
            hub.connect(target);
            open.add(hub);
            out.write("HTTP/1.1 200 Connection Established\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            threads.execute(() -> pipe(hub, client));
            pipe(client, hub);
            open.remove(hub);
        } catch (IOException e) {
            // one of them has disconnected
        } finally {
            open.remove(client);
        }
    }

    private static String head(InputStream in) throws IOException {
        StringBuilder head = new StringBuilder();
        for (int c = in.read(); c >= 0; c = in.read()) {
            head.append((char) c);
            if (head.length() > 8192 || head.toString().endsWith("\r\n\r\n")) {
                break;
            }
        }
        return head.toString();
    }

    private static void pipe(Socket from, Socket to) {
        try {
            from.getInputStream().transferTo(to.getOutputStream());
        } catch (IOException e) {
            // over
        } finally {
            close(from);
            close(to);
        }
    }

    private static void close(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            // closed already
        }
    }

    @Override
    public void close() {
        try {
            server.close();
        } catch (IOException e) {
            // closed already
        }
        open.forEach(ConnectProxy::close);
        threads.shutdownNow();
    }
}
