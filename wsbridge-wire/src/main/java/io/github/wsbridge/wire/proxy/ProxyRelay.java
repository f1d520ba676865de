package io.github.wsbridge.wire.proxy;

import io.github.wsbridge.ProxyServer;
import io.github.wsbridge.wire.concurrent.Daemons;
import io.github.wsbridge.wire.net.HostPort;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadFactory;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An HTTP proxy on the loopback address, for clients that cannot speak to the real one: it adds the user and the
 * password, or translates to SOCKS; or for clients that cannot choose one of a server's addresses. Each connection
 * takes two threads. It connects only to servers that the client has announced, because every program on this machine
 * can reach it.
 */
final class ProxyRelay implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(ProxyRelay.class);
    private static final ThreadFactory THREADS = Daemons.named("wsbridge-proxy-");
    private static final int MILLIS = 20_000;
    private static final int HALF_CLOSED_MILLIS = 60_000;
    private static final int MOST_CONNECTIONS = 10_000;
    private static final int MOST_KNOWN = 1_000;
    private static final int PAUSE_MILLIS = 100;

    /** How connections continue. */
    interface Onward {
        /** Connects to a server; may block for a limited time. */
        Socket open(HostPort server, int millis) throws IOException;
    }

    private final String name;
    private final Onward onward;
    private final ServerSocket listening;
    private final ThreadFactory threads;
    private final Map<HostPort, Boolean> announced = new ConcurrentHashMap<>();
    private final Map<HostPort, IOException> failures = new ConcurrentHashMap<>();
    private final Semaphore room = new Semaphore(MOST_CONNECTIONS);

    /** Starts to listen, for connections through a proxy. */
    static ProxyRelay through(ProxyServer proxy) throws IOException {
        return new ProxyRelay(
                "the proxy " + proxy,
                (server, millis) -> ProxyDial.open(proxy, server, millis),
                new ServerSocket(0, 50, InetAddress.getLoopbackAddress()),
                THREADS);
    }

    /** Starts to listen, for connections to one address, whatever the server's name. */
    static ProxyRelay to(InetSocketAddress address) throws IOException {
        return new ProxyRelay(
                address.toString(),
                (server, millis) -> ProxyDial.direct(address, millis),
                new ServerSocket(0, 50, InetAddress.getLoopbackAddress()),
                THREADS);
    }

    /** Uses a socket that listens. */
    ProxyRelay(String name, Onward onward, ServerSocket listening, ThreadFactory threads) {
        this.name = name;
        this.onward = onward;
        this.listening = listening;
        this.threads = threads;
        threads.newThread(this::accept).start();
    }

    InetSocketAddress address() {
        return (InetSocketAddress) listening.getLocalSocketAddress();
    }

    /** Allows connections to a server. */
    void announce(HostPort server) {
        if (announced.size() >= MOST_KNOWN) {
            announced.clear();
        }
        announced.put(server, true);
        failures.remove(server);
    }

    /** Returns why the latest connection to a server failed, once; null if it did not. */
    @Nullable
    IOException takeFailure(HostPort server) {
        return failures.remove(server);
    }

    private void accept() {
        boolean told = false;
        while (!listening.isClosed()) {
            try {
                begin(listening.accept());
                told = false;
            } catch (Throwable e) { // most likely no file descriptor, or no memory for a thread
                if (!listening.isClosed() && !told) {
                    told = true;
                    tell(e);
                }
                pause();
            }
        }
    }

    private void tell(Throwable failure) {
        try {
            log.warn("Cannot accept connections to {} and keeps trying: {}", name, failure.toString());
        } catch (Throwable e) {
            // there may be no memory even for this, and it must not end the thread
        }
    }

    private void begin(Socket client) {
        if (!room.tryAcquire()) {
            SocketPair.drop(client);
            return;
        }
        try {
            threads.newThread(() -> serve(client)).start();
        } catch (Throwable e) {
            room.release();
            SocketPair.drop(client);
            throw e;
        }
    }

    private static void pause() {
        try {
            Thread.sleep(PAUSE_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void serve(Socket client) {
        try (client) {
            client.setTcpNoDelay(true);
            String head = ProxyDial.head(new TimedInput(client, MILLIS));
            HostPort server = server(head.substring(0, head.indexOf('\r')));
            if (server == null || !announced.containsKey(server)) {
                answer(client, "403 Forbidden");
                return;
            }
            try (Socket opened = onward.open(server, MILLIS)) {
                client.setSoTimeout(0);
                if (head.startsWith("CONNECT ")) {
                    answer(client, "200 Connection established");
                } else {
                    opened.getOutputStream().write(head.getBytes(StandardCharsets.ISO_8859_1));
                }
                new SocketPair(client, opened, HALF_CLOSED_MILLIS).copy(threads);
            } catch (IOException e) {
                if (failures.size() < MOST_KNOWN) {
                    failures.put(server, e);
                }
                answer(client, "502 Bad Gateway");
            }
        } catch (IOException e) {
            log.debug("A connection to {} ended: {}", name, e.toString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            room.release();
        }
    }

    /** Returns the server that a request line names; null if it names none. */
    private static @Nullable HostPort server(String line) {
        String[] words = line.split(" ");
        try {
            if (words.length == 3 && words[0].equals("CONNECT")) {
                return HostPort.parse(words[1]);
            }
            URI uri = URI.create(words[1]);
            return HostPort.parse(uri.getPort() < 0 ? uri.getAuthority() + ":80" : uri.getAuthority());
        } catch (RuntimeException e) {
            return null;
        }
    }

    private static void answer(Socket client, String status) throws IOException {
        client.getOutputStream()
                .write(("HTTP/1.1 " + status + "\r\n" + (status.startsWith("200") ? "" : "Content-Length: 0\r\n")
                                + "\r\n")
                        .getBytes(StandardCharsets.ISO_8859_1));
    }

    /** Stops listening. Open connections continue. */
    @Override
    public void close() {
        try {
            listening.close();
        } catch (IOException e) {
            log.debug("The relay to {} could not be closed: {}", name, e.toString());
        }
    }
}
