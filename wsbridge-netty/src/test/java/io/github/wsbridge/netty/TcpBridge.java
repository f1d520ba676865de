package io.github.wsbridge.netty;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.spi.Admission;
import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.spi.StreamTransport;
import io.github.wsbridge.testkit.transport.TestKeys;
import io.github.wsbridge.wire.files.Pem;
import io.github.wsbridge.wire.files.TlsIdentity;
import io.github.wsbridge.wire.relay.ForwardingLeg;
import io.github.wsbridge.wire.relay.Gate;
import io.github.wsbridge.wire.relay.Splice;
import io.netty.handler.ssl.SslProvider;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Forwards a TCP port over a WebSocket to a TCP connection to another port: two splices. */
final class TcpBridge implements AutoCloseable {

    static final Duration PATIENCE = Duration.ofSeconds(20);

    private final NettyBridgeServer server;
    private final NettyConnector connector;
    private final StreamTransport.Listening listening;
    private final ServerSocket target;
    private final boolean byFragments;

    /** The legs of TCP connections, alternately near and far. */
    final BlockingQueue<TcpLeg> nearLegs = new LinkedBlockingQueue<>();

    final BlockingQueue<TcpLeg> farLegs = new LinkedBlockingQueue<>();

    /** Why splices have ended, or could not be made. */
    final BlockingQueue<CloseReason> ends = new LinkedBlockingQueue<>();

    private final List<CompletableFuture<?>> running = new CopyOnWriteArrayList<>();

    /**
     * The parts of the bridge.
     *
     * @param byFragments whether legs are joined by fragments even if they support transfers
     */
    TcpBridge(@Nullable TestKeys keys, boolean byFragments) throws Exception {
        this(keys, byFragments, SslProvider.JDK);
    }

    TcpBridge(@Nullable TestKeys keys, boolean byFragments, SslProvider provider) throws Exception {
        this.byFragments = byFragments;
        target = new ServerSocket(0, 200, InetAddress.getLoopbackAddress());
        target.setSoTimeout((int) PATIENCE.toMillis());
        NettyBridgeServer.Builder serving = NettyBridgeServer.builder()
                .address(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .threads(2);
        NettyConnector.Builder connecting = NettyConnector.builder().threads(2);
        if (keys != null) {
            serving.tls(Tls.server(TlsIdentity.read(keys.certificate(), keys.key(), null), provider));
            connecting.tls(Tls.client(Pem.certificates(keys.certificate()), null, provider));
        }
        server = serving.bind();
        connector = connecting.build();
        server.serve(handshake -> CompletableFuture.completedFuture(new Admission.Granted("", this::toTarget)));
        listening = connector
                .streams()
                .listen(
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                        new StreamTransport.Limits(200, 100),
                        (leg, client) -> toServer(leg, keys != null));
    }

    private void toServer(Leg near, boolean secure) {
        nearLegs.add((TcpLeg) near);
        URI uri = URI.create(
                (secure ? "wss" : "ws") + "://localhost:" + server.address().getPort() + "/");
        join(
                near,
                connector
                        .connect(new Connector.Target(uri, Map.of(), "", PATIENCE))
                        .toCompletableFuture());
    }

    private void toTarget(Leg webSocket) {
        join(
                webSocket,
                connector
                        .streams()
                        .dial(new InetSocketAddress(InetAddress.getLoopbackAddress(), target.getLocalPort()), PATIENCE)
                        .thenApply(leg -> {
                            farLegs.add((TcpLeg) leg);
                            return leg;
                        })
                        .toCompletableFuture());
    }

    private void join(Leg here, CompletableFuture<Leg> coming) {
        Gate waiting = new Gate(wrapped(here), why -> coming.thenAccept(Leg::abort));
        waiting.open();
        coming.whenComplete((there, failure) -> {
            if (failure != null) {
                here.abort();
                ends.add(CloseReason.vanished("no other half"));
                return;
            }
            Gate other = new Gate(wrapped(there), why -> {});
            other.open();
            Splice splice = new Splice(waiting, other);
            splice.start(null, null);
            running.add(splice.gone().toCompletableFuture());
            splice.gone().thenAccept(ends::add);
        });
    }

    private Leg wrapped(Leg leg) {
        return byFragments ? new NoShortWay(leg) : leg;
    }

    /** Connects to the port, and accepts the connection at the target. */
    Ends open() throws Exception {
        Socket near = new Socket();
        near.connect(listening.address());
        near.setTcpNoDelay(true);
        near.setSoTimeout((int) PATIENCE.toMillis());
        return new Ends(near, accept());
    }

    Socket accept() throws IOException {
        Socket far = target.accept();
        far.setSoTimeout((int) PATIENCE.toMillis());
        return far;
    }

    Socket dial() throws IOException {
        Socket near = new Socket();
        near.connect(listening.address());
        near.setSoTimeout((int) PATIENCE.toMillis());
        return near;
    }

    CloseReason end() throws InterruptedException {
        CloseReason reason = ends.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        if (reason == null) {
            throw new AssertionError("no end within the deadline");
        }
        return reason;
    }

    static TcpLeg take(BlockingQueue<TcpLeg> legs) throws InterruptedException {
        TcpLeg leg = legs.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        if (leg == null) {
            throw new AssertionError("no leg within the deadline");
        }
        return leg;
    }

    /** The two outer sockets. */
    record Ends(Socket near, Socket far) implements AutoCloseable {
        @Override
        public void close() throws IOException {
            near.close();
            far.close();
        }
    }

    @Override
    public void close() throws Exception {
        listening.close();
        connector.close();
        server.close();
        target.close();
        CompletableFuture.allOf(new ArrayList<>(running).toArray(new CompletableFuture<?>[0]))
                .get(20, TimeUnit.SECONDS);
    }

    /** A leg that only pumps can serve. */
    private static final class NoShortWay extends ForwardingLeg {
        NoShortWay(Leg leg) {
            super(leg);
        }

        @Override
        public boolean transferTo(Leg target) {
            return false;
        }

        @Override
        public boolean takesTransfers() {
            return false;
        }
    }
}
