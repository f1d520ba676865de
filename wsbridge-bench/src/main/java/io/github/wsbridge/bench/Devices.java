package io.github.wsbridge.bench;

import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonParser;
import com.grack.nanojson.JsonParserException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The far ends: devices that listen on a node, and the WebSocket and TCP servers behind other proxies. The request data
 * of a connection states its purpose: {@code sink}, {@code echo}, {@code idle}, {@code stall} or {@code jam}, which
 * stalls and floods. For a bridge, it may be followed by {@code @HOST:PORT}, the node at which the device accepts.
 */
final class Devices implements Agent.Role {

    /** Differs from the requesters' {@link Requesters#SOURCE}. */
    private static final int SOURCE = 2;

    /** The size of the messages in round-trip measurements. */
    static final int ECHO = 64;

    private static final long LISTEN_SECONDS = 10;

    private final Loop loop = new Loop("devices");
    private final Sinks sinks = new Sinks();
    private final ExecutorService threads = Executors.newCachedThreadPool(task -> {
        Thread thread = new Thread(task, "sink");
        thread.setDaemon(true);
        return thread;
    });
    private final FarEnd farEnd = new FarEnd(loop, threads, sinks);
    private final ByteBuffer flood = Frames.batch(StalledBench.FRAME, true);
    private final List<Session> stalled = new ArrayList<>(); // of the loop's thread
    private @Nullable Crowd crowd;
    private final AtomicInteger held = new AtomicInteger();
    private final AtomicInteger failed = new AtomicInteger();

    Devices() throws IOException {}

    /** Opens the servers and returns their ports. */
    @Override
    public String start() throws IOException {
        int sink = serve(channel -> sinks.serve(Wire.accepted(channel, false), 0));
        int tlsSink = serve(channel -> sinks.serve(Wire.accepted(channel, true), 0));
        int echo = serve(channel -> sinks.serve(Wire.accepted(channel, false), ECHO));
        int web = serve(channel -> serveWeb(channel, false));
        int tlsWeb = serve(channel -> serveWeb(channel, true));
        return "sink=" + sink + " tls-sink=" + tlsSink + " echo=" + echo + " web=" + web + " tls-web=" + tlsWeb
                + " far=" + farEnd.open();
    }

    private void serveWeb(SocketChannel channel, boolean tls) throws IOException {
        Wire.Upgraded upgraded = Wire.upgraded(channel, tls);
        sinks.serve(upgraded.wire(), requestData(upgraded.resource()).equals("echo") ? ECHO : 0);
    }

    @Override
    public String handle(String command, Map<String, String> options) throws Exception {
        switch (command) {
            case "listen":
                listen(Target.parse(Agent.option(options, "target")));
                return "";
            case "hold":
                int count = Agent.number(options, "count");
                crowd = new Crowd(loop, SOURCE, false);
                return crowd.gather(
                        Agent.option(options, "target"),
                        count,
                        count,
                        Agent.number(options, "concurrency"),
                        Agent.number(options, "seconds"));
            case "ping":
                if (crowd != null) {
                    crowd.ping();
                }
                return "";
            case "drop":
                loop.execute(() -> {
                    stalled.forEach(Session::drop);
                    stalled.clear();
                });
                return "";
            case "count":
                return sinks.count() + " active=" + (sinks.active() + farEnd.active()) + " held=" + held.get()
                        + " failed=" + failed.get() + " listening=" + (crowd == null ? 0 : crowd.size());
            default:
                throw new IllegalArgumentException(command);
        }
    }

    private void listen(Target target) throws Exception {
        if (target.tls()) {
            Wire wire = Wire.open(target);
            threads.execute(() -> TlsListening.run(wire, this::invited));
            return;
        }
        CompletableFuture<Void> listening = new CompletableFuture<>();
        loop.execute(() -> open(target, false, new Session.Events() {
            @Override
            public void onOpen(Session session) {
                listening.complete(null);
            }

            @Override
            public void onText(Session session, String text) {
                invited(text);
            }

            @Override
            public void onEnd(Session session, @Nullable IOException failure) {
                listening.completeExceptionally(failure == null ? new IOException("closed") : failure);
            }
        }));
        listening.get(LISTEN_SECONDS, TimeUnit.SECONDS);
    }

    private void invited(String text) {
        try {
            JsonObject invitation = JsonParser.object().from(text);
            if (!"invitation".equals(invitation.getString("type"))) {
                return; // such as that a stopping node asks it to move
            }
            String data = invitation.getString("requestData");
            Target target = Target.parse(invitation.getString("acceptUrl"));
            int at = data.indexOf('@');
            if (at >= 0) {
                target = target.at(data.substring(at + 1));
                data = data.substring(0, at);
            }
            accept(target, data);
        } catch (JsonParserException | IllegalArgumentException e) {
            failed.incrementAndGet();
        }
    }

    private void accept(Target target, String data) {
        if (data.equals("sink") || data.equals("echo")) {
            threads.execute(() -> {
                try {
                    sinks.serve(Wire.open(target), data.equals("echo") ? ECHO : 0);
                } catch (IOException e) {
                    failed.incrementAndGet();
                }
            });
            return;
        }
        open(target, false, new Session.Events() {
            private boolean counted;

            @Override
            public void onOpen(Session session) {
                counted = true;
                held.incrementAndGet();
                if (data.equals("stall") || data.equals("jam")) {
                    try {
                        session.stall();
                        stalled.add(session);
                        if (data.equals("jam")) {
                            session.flood(flood);
                        }
                    } catch (IOException e) {
                        failed.incrementAndGet();
                    }
                }
            }

            @Override
            public void onEnd(Session session, @Nullable IOException failure) {
                held.addAndGet(counted ? -1 : 0);
                failed.addAndGet(counted ? 0 : 1);
            }
        });
    }

    private void open(Target target, boolean established, Session.Events events) {
        try {
            Session.open(loop, target, SOURCE, established, events);
        } catch (IOException e) {
            failed.incrementAndGet();
        }
    }

    private interface Service {
        void serve(SocketChannel channel) throws IOException;
    }

    private int serve(Service service) throws IOException {
        ServerSocketChannel server = ServerSocketChannel.open().bind(new InetSocketAddress("127.0.0.1", 0), 1024);
        threads.execute(() -> {
            while (server.isOpen()) {
                try {
                    SocketChannel channel = server.accept();
                    threads.execute(() -> {
                        try (channel) {
                            service.serve(channel);
                        } catch (IOException e) {
                            // For example, a probe that only checks whether there is a server.
                        }
                    });
                } catch (IOException e) {
                    failed.incrementAndGet();
                }
            }
        });
        return ((InetSocketAddress) server.getLocalAddress()).getPort();
    }

    private static String requestData(String resource) {
        String query = URI.create(resource).getRawQuery();
        List<String> values = new ArrayList<>();
        for (String pair : query == null ? new String[0] : query.split("&", -1)) {
            if (pair.startsWith("requestData=")) {
                values.add(URLDecoder.decode(pair.substring(12), StandardCharsets.UTF_8));
            }
        }
        return values.isEmpty() ? "" : values.get(0);
    }
}
