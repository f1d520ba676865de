package io.github.wsbridge.tyrus;

import io.github.wsbridge.spi.Admission;
import io.github.wsbridge.spi.Door;
import io.github.wsbridge.spi.Peer;
import io.github.wsbridge.wire.websocket.ServerUpgrade;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** The first part of a server's connection: one HTTP request, which becomes a leg or gets a plain answer. */
final class ServerHandshake implements Link.Reader {

    /** How long a refused client may take to read the answer. */
    private static final Duration PARTING = Duration.ofSeconds(2);

    /** What all connections of a server have in common. */
    record Terms(Door door, int maxHeaderBytes, Duration handshakeTimeout, ScheduledExecutorService timer) {}

    private final Terms terms;
    private final HttpHead.Collector collector;
    private final AtomicBoolean answered = new AtomicBoolean();
    private volatile @Nullable Link link;
    private volatile @Nullable ScheduledFuture<?> deadline;
    private volatile boolean asked; // whether the head is complete
    private volatile boolean refused;
    private volatile @Nullable ServerUpgrade upgrade;

    ServerHandshake(Terms terms) {
        this.terms = terms;
        this.collector = new HttpHead.Collector(terms.maxHeaderBytes());
    }

    /** Starts the clock. Called before anything is read. */
    void start(Link started) {
        link = started;
        try {
            deadline =
                    terms.timer().schedule(this::late, terms.handshakeTimeout().toMillis(), TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            started.terminate(); // the server is closing
        }
    }

    @Override
    public boolean read(ByteBuffer input) {
        if (refused) {
            input.position(input.limit()); // whatever the client still sends
            return true;
        }
        if (asked) {
            return false;
        }
        try {
            HttpHead head = collector.take(input);
            if (head == null) {
                return true;
            }
            asked = true;
            ask(head);
        } catch (HttpHead.TooLarge e) {
            refuse(ServerUpgrade.TOO_LARGE);
        } catch (IOException | IllegalArgumentException e) {
            refuse(ServerUpgrade.MALFORMED);
        }
        return refused && read(input);
    }

    @Override
    public void closed() {
        answered.set(true);
        stopClock();
        ServerUpgrade asking = upgrade;
        if (asking != null) {
            asking.lost();
        }
    }

    private void ask(HttpHead head) throws IOException {
        String[] line = head.line().split(" ", -1);
        if (line.length != 3) {
            throw new IOException("no request line");
        }
        ServerUpgrade asking = ServerUpgrade.of(line[0], line[1], line[2], head, new Peer(link().remoteAddress()));
        upgrade = asking;
        asking.ask(terms.door(), terms.timer(), new ServerUpgrade.Answer() {
            @Override
            public void grant(Admission.Granted granted) {
                ServerHandshake.this.grant(asking, granted);
            }

            @Override
            public void refuse(Admission.Refused refused) {
                ServerHandshake.this.refuse(refused);
            }
        });
    }

    private void grant(ServerUpgrade asked, Admission.Granted granted) {
        if (!answered.compareAndSet(false, true)) {
            asked.lost();
            return;
        }
        stopClock();
        String protocol = granted.subprotocol();
        link().write(ByteBuffer.wrap(asked.accepted(protocol)));
        TyrusWire.open(link(), false, protocol, terms.timer(), leg -> asked.open(granted, leg));
    }

    private void refuse(Admission.Refused answer) {
        if (!answered.compareAndSet(false, true)) {
            return;
        }
        refused = true;
        stopClock();
        link().write(ByteBuffer.wrap(ServerUpgrade.refusal(answer)));
        link().closeOutput();
        try {
            deadline = terms.timer().schedule(link()::terminate, PARTING.toMillis(), TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            link().terminate();
        }
        link().turn();
    }

    private void late() {
        ServerUpgrade asking = upgrade;
        if (asking != null) {
            if (asking.timedOut()) {
                refuse(ServerUpgrade.UNAVAILABLE); // the door did not answer in time
            }
        } else if (answered.compareAndSet(false, true)) {
            link().terminate();
        }
    }

    private void stopClock() {
        ScheduledFuture<?> running = deadline;
        if (running != null) {
            running.cancel(false);
        }
    }

    private Link link() {
        Link started = link;
        if (started == null) {
            throw new IllegalStateException("not started");
        }
        return started;
    }
}
