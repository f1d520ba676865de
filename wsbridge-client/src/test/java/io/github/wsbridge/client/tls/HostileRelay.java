package io.github.wsbridge.client.tls;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.wire.relay.LocalLeg;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** A relay between two legs that records everything, and changes what goes to the device if it is told to. */
final class HostileRelay {

    /** What is done to the next messages to the device. */
    enum Act {
        NOTHING,
        /** Changes a bit of the next message. */
        FLIP,
        /** Loses the next message. */
        DROP,
        /** Sends the next message twice. */
        REPEAT,
        /** Sends the next message after the one that follows it. */
        SWAP,
        /** Leaves out the last byte of the next message. */
        CUT,
        /** Sends a record of its own before the next message. */
        INSERT
    }

    private final LocalLeg toRequester = LocalLeg.pair("");
    private final LocalLeg toDevice = LocalLeg.pair("");
    private final ByteArrayOutputStream seen = new ByteArrayOutputStream(); // guarded by itself
    private volatile Act next = Act.NOTHING;
    private volatile long flipAt = -1;
    private Fragment kept; // used by one direction only
    private long passed; // likewise

    HostileRelay() {
        toRequester.other().open(new Direction(toRequester.other(), toDevice.other(), true));
        toDevice.other().open(new Direction(toDevice.other(), toRequester.other(), false));
        toRequester.other().demand();
        toDevice.other().demand();
    }

    Leg requester() {
        return toRequester;
    }

    Leg device() {
        return toDevice;
    }

    void next(Act act) {
        next = act;
    }

    /** Changes the byte to the device that follows this many. */
    void flipByteAfter(long bytes) {
        flipAt = bytes;
    }

    byte[] seen() {
        synchronized (seen) {
            return seen.toByteArray();
        }
    }

    void closeBoth(CloseReason reason) {
        toRequester.other().close(reason);
        toDevice.other().close(reason);
    }

    private final class Direction implements Leg.Receiver {
        private final Leg from;
        private final Leg to;
        private final boolean hostile;

        Direction(Leg from, Leg to, boolean hostile) {
            this.from = from;
            this.to = to;
            this.hostile = hostile;
        }

        @Override
        public void onFragment(Fragment fragment) {
            byte[] bytes = new byte[fragment.payload().remaining()];
            fragment.payload().get(bytes);
            synchronized (seen) {
                seen.writeBytes(bytes);
            }
            (hostile ? changed(bytes) : send(bytes)).whenComplete((done, failure) -> from.demand());
        }

        private CompletionStage<Void> changed(byte[] bytes) {
            long at = flipAt - passed;
            passed += bytes.length;
            if (flipAt >= 0 && at >= 0 && at < bytes.length) {
                bytes[(int) at] ^= 0x10;
            }
            Act act = next;
            next = Act.NOTHING;
            switch (act) {
                case FLIP -> bytes[bytes.length / 2] ^= 1;
                case DROP -> {
                    return CompletableFuture.completedStage(null);
                }
                case REPEAT -> {
                    return send(bytes).thenCompose(done -> send(bytes));
                }
                case SWAP -> {
                    kept = Fragment.binary(ByteBuffer.wrap(bytes));
                    return CompletableFuture.completedStage(null);
                }
                case CUT -> {
                    byte[] shorter = new byte[bytes.length - 1];
                    System.arraycopy(bytes, 0, shorter, 0, shorter.length);
                    return send(shorter);
                }
                case INSERT -> {
                    byte[] own = new byte[25];
                    own[0] = 23; // application data
                    own[1] = 3;
                    own[2] = 3;
                    own[4] = 20;
                    return send(own).thenCompose(done -> send(bytes));
                }
                case NOTHING -> {}
            }
            Fragment late = kept;
            kept = null;
            return late == null ? send(bytes) : send(bytes).thenCompose(done -> to.send(late));
        }

        private CompletionStage<Void> send(byte[] bytes) {
            return to.send(Fragment.binary(ByteBuffer.wrap(bytes)));
        }

        @Override
        public void onClosed(CloseReason reason) {
            to.close(reason);
        }
    }
}
