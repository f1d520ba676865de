package io.github.wsbridge.jakarta.session;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.wire.websocket.Heartbeat;
import jakarta.websocket.RemoteEndpoint;
import jakarta.websocket.Session;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Performs I/O through the Jakarta API alone, for any container. A send blocks a worker until the container has
 * accepted it. A fragment that arrives without demand blocks the container's thread, so the container stops reading.
 *
 * <p>The API cannot drop a connection. An aborted leg ends at once. Its connection is then dropped by means of Tomcat's
 * and Jetty's own, which are tested, and otherwise by a close with the shortest idle timeout. A blocked send is
 * interrupted.
 */
public final class ContainerIo implements SessionIo {

    private static final Logger log = LoggerFactory.getLogger(ContainerIo.class);
    private static final Duration CLOSE_DEADLINE = Duration.ofSeconds(10);

    // Tomcat's properties, in milliseconds. Its defaults are too short for slow bridges: 20 s for a send, 50 ms for any
    // close frame except a normal one. It checks for unanswered closes every 10 s only, so those connections last 5 to
    // 15 s. With a timeout of 0, Tomcat does not send a normal close but drops the connection.
    private static final String TOMCAT_SEND = "org.apache.tomcat.websocket.BLOCKING_SEND_TIMEOUT";
    private static final String TOMCAT_CLOSE_SEND = "org.apache.tomcat.websocket.ABNORMAL_SESSION_CLOSE_SEND_TIMEOUT";
    private static final String TOMCAT_CLOSE_ANSWER = "org.apache.tomcat.websocket.SESSION_CLOSE_TIMEOUT";

    private final Session session;
    private final Workers workers;
    private final SerialExecutor sends;
    private final boolean jetty;
    private boolean withinMessage; // used in sends only
    private final Object sending = new Object();
    private @Nullable Thread sender; // guarded by sending
    private final AtomicBoolean pinging = new AtomicBoolean();
    private final AtomicBoolean dropped = new AtomicBoolean();
    private final AtomicBoolean released = new AtomicBoolean();
    private final Consumer<ContainerIo> over;
    private @Nullable JakartaLeg leg;
    private volatile @Nullable CloseReason closing;

    /**
     * Creates the I/O of one session.
     *
     * @param workers must have a thread for each leg that sends
     * @param over called once, when the session has been closed or dropped
     */
    public ContainerIo(Session session, Workers workers, Consumer<ContainerIo> over) {
        this.over = over;
        this.session = session;
        this.workers = workers;
        this.sends = new SerialExecutor(workers);
        this.jetty = session.getClass().getName().startsWith("org.eclipse.jetty.");
        session.getUserProperties().put(TOMCAT_SEND, -1L);
        session.getUserProperties().put(TOMCAT_CLOSE_SEND, CLOSE_DEADLINE.toMillis());
        session.getUserProperties().put(TOMCAT_CLOSE_ANSWER, CLOSE_DEADLINE.toMillis() / 2);
    }

    @Override
    public void attach(JakartaLeg attached) {
        leg = attached;
    }

    @Override
    public void arrived() {
        JakartaLeg attached = leg;
        if (attached != null) {
            attached.awaitDelivery();
        }
    }

    @Override
    public void delivered() {}

    @Override
    public CompletionStage<Void> perform(Step send, boolean last) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        sends.execute(() -> {
            try {
                withinMessage = !last;
                interruptibly(send);
                done.complete(null);
            } catch (Throwable e) { // any failure must reach the sender
                done.completeExceptionally(e);
            }
        });
        return done;
    }

    @Override
    public void ping() {
        control(remote -> remote.sendPing(ByteBuffer.allocate(0)));
    }

    @Override
    public void heartbeat(Duration next) {
        control(remote -> remote.sendPong(ByteBuffer.wrap(Heartbeat.payload(next))));
    }

    /** Sends a control frame. */
    private interface Control {
        void to(RemoteEndpoint remote) throws IOException;
    }

    private void control(Control frame) {
        if (!pinging.compareAndSet(false, true)) {
            return; // one is enough while it waits for a slow send
        }
        sends.execute(() -> {
            pinging.set(false);
            JakartaLeg attached = leg;
            if (withinMessage && jetty && attached != null) {
                // Jetty (12.1.14) mistakes the fragment after a ping for the first of a message, and fails. So until
                // the message is complete no ping is sent, and the peer counts as alive.
                attached.ponged(new byte[0]);
                return;
            }
            try {
                frame.to(session.getBasicRemote());
            } catch (IOException | RuntimeException e) {
                log.debug("Cannot send a control frame", e); // the end is reported elsewhere
            }
        });
    }

    @Override
    public void close(CloseReason reason) {
        closing = reason;
        try {
            workers.timer().schedule(this::drop, CLOSE_DEADLINE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            drop(); // the connector is closed, and there is no deadline
            return;
        }
        sends.execute(() -> {
            try {
                session.close(CloseCodes.toJakarta(reason));
            } catch (IOException | RuntimeException e) {
                drop();
            }
        });
    }

    @Override
    public void drop() {
        if (!dropped.compareAndSet(false, true)) {
            return;
        }
        CloseReason given = closing;
        ended(given == null ? CloseReason.vanished("the connection was dropped") : given);
        workers.drop(() -> {
            try {
                dropSession();
            } finally {
                release();
            }
        });
    }

    @Override
    public void closedByContainer(CloseReason reason) {
        CloseReason given = closing;
        // Some containers report our own close, with the code as it was sent.
        boolean own = given != null
                && reason.code() == CloseCodes.toJakarta(given).getCloseCode().getCode();
        ended(own && given != null ? given : reason);
        release();
    }

    private void dropSession() {
        try {
            if (!abort(session)) {
                boolean tomcat = session.getClass().getName().startsWith("org.apache.tomcat.");
                int code = tomcat ? CloseReason.NORMAL : CloseReason.VANISHED;
                session.getUserProperties().put(TOMCAT_SEND, 0L);
                session.setMaxIdleTimeout(1);
                session.close(CloseCodes.toJakarta(new CloseReason(code, "")));
            }
        } catch (IOException | RuntimeException e) {
            log.debug("Cannot drop a session; it may be gone already", e);
        }
        synchronized (sending) {
            if (sender != null) {
                sender.interrupt();
            }
        }
    }

    /** Calls Jetty's own {@code abort()}, or that of any container that has one. */
    private static boolean abort(Session session) {
        try {
            session.getClass().getMethod("abort").invoke(session);
            return true;
        } catch (ReflectiveOperationException e) {
            return false;
        }
    }

    /** Performs a send so that {@link #dropSession} can interrupt it and nothing else. */
    private void interruptibly(Step send) throws IOException {
        synchronized (sending) {
            if (dropped.get()) {
                throw new IOException("the connection was dropped");
            }
            sender = Thread.currentThread();
        }
        try {
            send.run();
        } finally {
            synchronized (sending) {
                sender = null;
                if (dropped.get()) {
                    Thread.interrupted(); // clears an interrupt that was meant for the send
                }
            }
        }
    }

    private void ended(CloseReason reason) {
        JakartaLeg attached = leg;
        if (attached != null) {
            attached.ended(reason);
        }
    }

    private void release() {
        if (released.compareAndSet(false, true)) {
            over.accept(this);
        }
    }
}
