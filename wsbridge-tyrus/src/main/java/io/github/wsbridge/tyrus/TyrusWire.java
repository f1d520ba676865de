package io.github.wsbridge.tyrus;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.jakarta.CloseCodes;
import io.github.wsbridge.jakarta.JakartaLeg;
import io.github.wsbridge.jakarta.LegEndpoint;
import io.github.wsbridge.jakarta.SerialExecutor;
import io.github.wsbridge.jakarta.Wire;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.wire.relay.CloseDeadline;
import io.github.wsbridge.wire.websocket.Frames;
import jakarta.websocket.DeploymentException;
import jakarta.websocket.RemoteEndpoint;
import jakarta.websocket.Session;
import java.io.IOException;
import java.net.ProtocolException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.glassfish.tyrus.core.ComponentProviderService;
import org.glassfish.tyrus.core.DebugContext;
import org.glassfish.tyrus.core.ProtocolHandler;
import org.glassfish.tyrus.core.RequestContext;
import org.glassfish.tyrus.core.TyrusEndpointWrapper;
import org.glassfish.tyrus.core.TyrusWebSocket;
import org.glassfish.tyrus.core.Version;
import org.glassfish.tyrus.core.WebSocketException;
import org.glassfish.tyrus.core.frame.CloseFrame;
import org.glassfish.tyrus.core.frame.Frame;
import org.glassfish.tyrus.spi.CompletionHandler;
import org.glassfish.tyrus.spi.Writer;
import org.jspecify.annotations.Nullable;

/**
 * A wire of Tyrus on one of our own connections: between the socket and Tyrus' protocol handler.
 *
 * <p>Reading: a data frame goes to Tyrus only when the leg has asked, so no thread of Tyrus' ever waits. Writing: Tyrus is
 * told at once that its bytes are written, so its blocking sends do not block, and the leg's send completes when
 * {@link Link#ready} says so. Closing: Tyrus would tear the connection down behind its close frame, and knows neither an
 * empty one nor 1012 from a client; so close frames are written and read here.
 */
final class TyrusWire extends Writer implements Wire, Link.Reader {

    private static final int MOST_PONG_BYTES = 1024 * 1024;
    private static final int PONG_OVERHEAD = 512; // of objects, for each pong that waits, however short
    private static final int CLOSE = 0x8;
    private static final int PONG = 0xA;
    private static final int PROTOCOL_ERROR = 1002;
    private static final int UNEXPECTED = 1011;
    private static final ComponentProviderService COMPONENTS = ComponentProviderService.createClient();
    private static final SecureRandom RANDOM = new SecureRandom();

    private enum Phase {
        OPENING,
        OPEN,
        /** Our close frame is out, the peer's is not here. */
        CLOSING,
        /** Nothing is read any more. */
        CLOSED
    }

    private final Link link;
    private final boolean client;
    private final CloseDeadline deadline;
    private final FrameReader frames;
    private final ProtocolHandler protocol;
    private final TyrusWebSocket socket;
    private final AtomicReference<Phase> phase = new AtomicReference<>(Phase.OPENING);
    private final AtomicInteger pongBytes = new AtomicInteger();
    private final SerialExecutor sends = new SerialExecutor(Runnable::run); // nothing in it blocks
    private volatile @Nullable JakartaLeg leg;
    private volatile @Nullable Session session;
    private volatile @Nullable CloseReason given;

    private TyrusWire(
            Link link, boolean client, String subprotocol, ScheduledExecutorService timer, Consumer<Leg> opened) {
        this.link = link;
        this.client = client;
        this.deadline = new CloseDeadline(timer, link::written, link::terminate);
        this.frames = new FrameReader(!client);
        this.protocol = Version.DRAFT17.createHandler(client, client ? RANDOM::nextInt : null);
        LegEndpoint endpoint = new LegEndpoint(
                opening -> {
                    session = opening;
                    return this;
                },
                subprotocol,
                opened);
        try {
            TyrusEndpointWrapper wrapper = new TyrusEndpointWrapper(
                    endpoint, null, COMPONENTS, null, "/", null, new Quiet(), null, null, null);
            socket = new TyrusWebSocket(protocol, wrapper);
            protocol.setWriter(this);
            protocol.setExtensions(List.of());
            wrapper.createSessionForRemoteEndpoint(socket, subprotocol, List.of(), new DebugContext());
        } catch (DeploymentException e) {
            throw new IllegalStateException(e); // the endpoint is ours and is well-formed
        }
    }

    /**
     * Makes a leg of a link whose handshake is done, gives it to {@code opened}, and reads on. Called while the link's
     * reader wants no more.
     */
    static void open(
            Link link, boolean client, String subprotocol, ScheduledExecutorService timer, Consumer<Leg> opened) {
        TyrusWire wire = new TyrusWire(link, client, subprotocol, timer, opened);
        RequestContext request =
                RequestContext.Builder.create().requestURI(URI.create("/")).build();
        wire.socket.onConnect(request, null, List.of(), null, new DebugContext());
        wire.phase.compareAndSet(Phase.OPENING, Phase.OPEN);
        link.handOver(wire);
        link.turn();
    }

    @Override
    public boolean container() {
        return false;
    }

    @Override
    public void attach(JakartaLeg attached) {
        leg = attached;
    }

    @Override
    public void demanded() {
        link.turn();
    }

    @Override
    public CompletionStage<Void> perform(Step send, boolean last) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        sends.execute(() -> {
            try {
                send.run();
            } catch (IOException e) {
                done.completeExceptionally(e);
                return;
            }
            link.ready().whenComplete((ready, failure) -> {
                if (failure == null) {
                    done.complete(null);
                } else {
                    done.completeExceptionally(failure);
                }
            });
        });
        return done;
    }

    @Override
    public void ping() {
        control(remote -> remote.sendPing(ByteBuffer.allocate(0)));
    }

    @Override
    public void heartbeat() {
        control(remote -> remote.sendPong(ByteBuffer.allocate(0)));
    }

    /** Sends a control frame. */
    private interface Control {
        void to(RemoteEndpoint.Basic remote) throws IOException;
    }

    private void control(Control frame) {
        Session open = session;
        Phase now = phase.get();
        if (open != null && (now == Phase.OPEN || now == Phase.OPENING)) {
            try {
                frame.to(open.getBasicRemote());
            } catch (IOException | IllegalStateException e) {
                // The end is reported elsewhere.
            }
        }
    }

    @Override
    public void close(CloseReason reason) {
        given = reason;
        sends.execute(() -> {
            if (!phase.compareAndSet(Phase.OPEN, Phase.CLOSING) && !phase.compareAndSet(Phase.OPENING, Phase.CLOSING)) {
                return; // it is ending anyway
            }
            writeClose(reason);
            deadline.start();
            link.turn(); // from now on data is read and dropped, to get at the peer's answer
        });
    }

    @Override
    public void drop() {
        link.terminate();
    }

    @Override
    public void closedByContainer(CloseReason reason) {} // every end is seen here first

    // Reading

    @Override
    public boolean read(ByteBuffer input) {
        while (true) {
            Phase now = phase.get();
            if (now == Phase.OPENING || pongBytes.get() > MOST_PONG_BYTES) {
                return false;
            }
            if (now == Phase.CLOSED) {
                input.position(input.limit());
                return true;
            }
            try {
                Frame frame = frames.poll(input, now == Phase.CLOSING || leg().wanted());
                if (frame == null) {
                    return !frames.withheld();
                }
                if (frame.getOpcode() == CLOSE) {
                    onCloseFrame(Frames.closeReason(ByteBuffer.wrap(frame.getPayloadData())));
                } else if (now == Phase.OPEN) {
                    protocol.process(frame, socket);
                }
            } catch (ProtocolException e) {
                fail(new CloseReason(PROTOCOL_ERROR, String.valueOf(e.getMessage())));
            } catch (WebSocketException e) {
                fail(CloseCodes.fromJakarta(e.getCloseReason()));
            } catch (RuntimeException e) {
                fail(new CloseReason(UNEXPECTED, "unexpected condition"));
            }
        }
    }

    @Override
    public void closed() {
        phase.set(Phase.CLOSED);
        deadline.stop();
        CloseReason own = given;
        leg().ended(own == null ? CloseReason.vanished("the connection is gone") : own);
        forget();
    }

    private void onCloseFrame(CloseReason reason) {
        Phase before = phase.getAndSet(Phase.CLOSED);
        if (before != Phase.CLOSING) {
            writeClose(reason);
        }
        leg().ended(reason);
        forget();
        deadline.start();
        if (!client) {
            link.close(); // by the RFC, a client waits for its server to do so
        }
    }

    /** The peer has broken the protocol. It is told, and given time to read that. */
    private void fail(CloseReason reason) {
        if (phase.getAndSet(Phase.CLOSED) != Phase.CLOSING) {
            writeClose(reason);
        }
        leg().ended(CloseReason.vanished("protocol error: " + reason));
        forget();
        link.closeOutput();
        deadline.start();
    }

    /** Lets Tyrus drop its session; what it writes at that goes nowhere. */
    private void forget() {
        socket.onClose(new CloseFrame(CloseCodes.toJakarta(CloseReason.normal())));
    }

    private JakartaLeg leg() {
        JakartaLeg attached = leg;
        if (attached == null) {
            throw new IllegalStateException("not open");
        }
        return attached;
    }

    // Writing

    @Override
    public void write(ByteBuffer buffer, CompletionHandler<ByteBuffer> handler) {
        int opcode = buffer.get(buffer.position()) & 0x0F;
        if (opcode != CLOSE) {
            int size = buffer.remaining() + PONG_OVERHEAD;
            CompletableFuture<Void> written = link.write(buffer);
            if (opcode == PONG && !written.isDone()) {
                holdBack(size, written);
            }
        }
        handler.completed(buffer);
    }

    @Override
    public void close() {} // Tyrus' way to tear the connection down

    /** A peer that pings and does not read must not fill our memory with pongs. */
    private void holdBack(int size, CompletableFuture<Void> written) {
        pongBytes.addAndGet(size);
        written.whenComplete((done, failure) -> {
            int before = pongBytes.getAndAdd(-size);
            if (before > MOST_PONG_BYTES && before - size <= MOST_PONG_BYTES) {
                link.turn();
            }
        });
    }

    private void writeClose(CloseReason reason) {
        byte[] payload = Frames.closePayload(reason);
        ByteBuffer frame = ByteBuffer.allocate(6 + payload.length);
        frame.put((byte) (0x80 | CLOSE)).put((byte) (payload.length | (client ? 0x80 : 0)));
        if (client) {
            int key = RANDOM.nextInt();
            frame.putInt(key);
            for (int i = 0; i < payload.length; i++) {
                payload[i] ^= (byte) (key >>> 24 - 8 * (i & 3));
            }
        }
        link.write(frame.put(payload).flip());
    }

    /** No limits on sessions: the node has its own. */
    private static final class Quiet extends TyrusEndpointWrapper.SessionListener {}
}
