package io.github.wsbridge.client.tls;

import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.Leg;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * The receiving half of an encrypted leg: reads one record ahead of the demand, and demands ciphertext one fragment
 * ahead, so that what TLS itself has to say does not hide the end of the leg below.
 */
final class TlsIncoming {

    private final Leg below;
    private final TlsRecords records;

    // Written down by any thread.
    private volatile Leg.@Nullable Receiver receiver;
    private volatile @Nullable ByteBuffer unread;
    private volatile @Nullable Fragment arrived;
    private volatile boolean demanded;

    // Used by the leg while it acts.
    private final Deque<Fragment> held = new ArrayDeque<>(); // at most one, and one that was given back
    private boolean demandedBelow;
    private boolean messageEmpty = true; // the one that arrives
    private boolean finished;

    TlsIncoming(Leg below, TlsRecords records) {
        this.below = below;
        this.records = records;
    }

    void open(Leg.Receiver to) {
        receiver = to;
    }

    Leg.@Nullable Receiver receiver() {
        return receiver;
    }

    void giveBack(ByteBuffer rest) {
        receiver = null;
        unread = rest;
    }

    void demand() {
        demanded = true;
    }

    void arrived(Fragment fragment) {
        arrived = fragment;
    }

    // The rest is called by the leg while it acts.

    /** Delivers what is held, if it was demanded. Returns whether anything was. */
    boolean deliver() {
        ByteBuffer rest = unread;
        if (rest != null) {
            unread = null;
            if (rest.hasRemaining()) {
                held.addFirst(Fragment.binary(rest));
            }
        }
        Leg.Receiver to = receiver;
        if (held.isEmpty() || !demanded || to == null) {
            return false;
        }
        demanded = false;
        to.onFragment(held.remove());
        return true;
    }

    /** Returns whether anything is held, so that nothing more is read. */
    boolean holds() {
        return !held.isEmpty();
    }

    boolean holdsData() {
        return held.stream().anyMatch(fragment -> fragment.payload().hasRemaining());
    }

    /** Returns whether the peer has ended its direction. */
    boolean finished() {
        return finished;
    }

    /** Reads a record, or takes more ciphertext, or demands some. Returns whether there may be more to do. */
    boolean read(boolean handshaking) throws SSLException {
        TlsRecords.Found found = finished ? TlsRecords.Found.TOO_LITTLE : records.read();
        switch (found) {
            case DATA -> held.add(Fragment.binary(records.data()));
            case END -> {
                if (handshaking) {
                    throw new CutOffException();
                }
                finished = true;
                held.add(Fragment.binary(ByteBuffer.allocate(0)));
            }
            case NO_DATA, TOO_LITTLE -> {}
        }
        return found != TlsRecords.Found.TOO_LITTLE || take();
    }

    /** Takes what has arrived; what follows the peer's end is dropped. */
    private boolean take() throws SSLException {
        Fragment fragment = arrived;
        if (fragment == null) {
            return false;
        }
        ByteBuffer payload = fragment.payload();
        messageEmpty &= !payload.hasRemaining();
        boolean taken = !finished && records.take(payload);
        if (payload.hasRemaining() && !finished) {
            return taken;
        }
        arrived = null;
        demandedBelow = false;
        boolean end = fragment.last() && messageEmpty && fragment.kind() == Fragment.Kind.BINARY;
        messageEmpty |= fragment.last();
        if (end && !finished) {
            throw new CutOffException();
        }
        return true;
    }

    void demandMore() {
        if (!demandedBelow) {
            demandedBelow = true;
            below.demand();
        }
    }

    void drop() {
        held.clear();
    }
}
