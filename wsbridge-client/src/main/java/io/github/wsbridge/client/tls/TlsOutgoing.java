package io.github.wsbridge.client.tls;

import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.Leg;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** The sending half of an encrypted leg: one send of the user, and one of the leg below, at a time. */
final class TlsOutgoing {

    private static final CompletionStage<Void> SENT = CompletableFuture.completedStage(null);

    private final Leg below;
    private final TlsRecords records;
    private final Runnable act;

    // Written down by any thread.
    private final AtomicReference<@Nullable Send> sending = new AtomicReference<>();
    private final CompletableFuture<Void> finished = new CompletableFuture<>(); // close_notify was sent
    private volatile boolean finishing;
    private volatile boolean landed; // the send below has completed
    private boolean filled; // whether the current message has any payload; used by the sender only

    // Used by the leg while it acts.
    private boolean flying; // a send below has not completed
    private boolean endWritten;
    private boolean finSent;

    /** What the user sends. */
    private record Send(ByteBuffer payload, CompletableFuture<Void> done) {}

    /** @param act has the leg act on what was written down */
    TlsOutgoing(Leg below, TlsRecords records, Runnable act) {
        this.below = below;
        this.records = records;
        this.act = act;
    }

    CompletionStage<Void> send(Fragment fragment) {
        ByteBuffer payload = fragment.payload();
        boolean empty = !payload.hasRemaining();
        filled |= !empty;
        boolean finish = fragment.last() && !filled && fragment.kind() == Fragment.Kind.BINARY;
        filled &= !fragment.last();
        if (finish) {
            finishing = true;
            act.run();
            return finished.minimalCompletionStage();
        }
        if (empty || finishing) {
            payload.position(payload.limit());
            return SENT;
        }
        Send send = new Send(payload, new CompletableFuture<>());
        if (!sending.compareAndSet(null, send)) {
            throw new IllegalStateException("a send is already in progress");
        }
        act.run();
        return send.done();
    }

    /** Returns whether the user has ended this direction. */
    boolean finishing() {
        return finishing;
    }

    // The rest is called by the leg while it acts.

    /** Returns whether a send below has completed since the last call, and tells its user. */
    boolean noteLanding() {
        if (!landed) {
            return false;
        }
        landed = false;
        flying = false;
        Send sent = sending.get();
        if (sent != null && !sent.payload().hasRemaining()) {
            sending.set(null);
            sent.done().complete(null);
        }
        if (endWritten) {
            finished.complete(null);
        }
        return true;
    }

    /** Returns whether close_notify is on its way, or further. */
    boolean endWritten() {
        return endWritten;
    }

    boolean finished() {
        return finished.isDone();
    }

    /** Returns whether the half-close of the leg below has been sent, too. */
    boolean complete() {
        return finSent && !flying;
    }

    /**
     * Sends what there is, unless something is on its way.
     *
     * @param data whether the handshake is over
     * @param end whether the leg is being closed in good order
     * @return whether anything was sent
     */
    boolean transmit(boolean data, boolean end) throws SSLException {
        if (flying) {
            return false;
        }
        records.begin();
        records.writeOwn();
        Send send = sending.get();
        if (data && send != null) {
            records.write(send.payload());
        }
        if (data
                && !endWritten
                && (finishing || end)
                && (send == null || !send.payload().hasRemaining())) {
            endWritten = records.writeEnd();
        }
        ByteBuffer collected = records.collected();
        boolean fin = !collected.hasRemaining() && finished.isDone() && !finSent;
        finSent |= fin;
        if (collected.hasRemaining() || fin) {
            fly(collected);
            return true;
        }
        return false;
    }

    private void fly(ByteBuffer bytes) {
        flying = true;
        below.send(Fragment.binary(bytes)).whenComplete((done, failed) -> {
            if (failed == null) {
                landed = true;
                act.run();
            } // otherwise the leg below ends
        });
    }

    /** Sends the alert that says why TLS has failed, if nothing is on its way. */
    void alert() throws SSLException {
        if (!flying) {
            records.begin();
            records.writeEnd();
            ByteBuffer alert = records.collected();
            if (alert.hasRemaining()) {
                fly(alert);
            }
        }
    }

    void fail(IOException failure) {
        Send cut = sending.getAndSet(null);
        if (cut != null) {
            cut.done().completeExceptionally(failure);
        }
        finished.completeExceptionally(failure);
    }
}
