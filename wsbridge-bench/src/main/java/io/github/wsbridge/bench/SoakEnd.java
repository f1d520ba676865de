package io.github.wsbridge.bench;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.client.BridgeChannel;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;

/**
 * One end of a stream. It sends and receives at the same time, on two threads, and checks each byte that it receives.
 */
final class SoakEnd {

    private static final int PIECE = 64 * 1024;
    private static final Duration DEADLINE = Duration.ofSeconds(60);
    static final CloseReason ON_PURPOSE = new CloseReason(4900, "closed on purpose");

    /** The stream does not carry what was sent, although it has not failed. */
    static final class WrongException extends IOException {
        private static final long serialVersionUID = 1;

        WrongException(String message) {
            super(message);
        }
    }

    private final BridgeChannel channel;
    private final SoakPlan plan;
    private final boolean requester;

    SoakEnd(BridgeChannel channel, SoakPlan plan, boolean requester) {
        this.channel = channel;
        this.plan = plan;
        this.requester = requester;
        channel.readTimeout(DEADLINE);
        channel.writeTimeout(DEADLINE);
    }

    private boolean does(SoakPlan.Event requesters, SoakPlan.Event devices) {
        return plan.event() == (requester ? requesters : devices);
    }

    /** Sends everything, without ending the direction. */
    void send() throws IOException {
        SoakContent content = requester ? plan.upload() : plan.download();
        ByteBuffer piece = ByteBuffer.allocate(PIECE);
        for (long left = requester ? plan.up() : plan.down(); left > 0; ) {
            piece.clear().limit((int) Math.min(left, PIECE));
            content.fill(piece);
            left -= piece.position();
            piece.flip();
            while (piece.hasRemaining()) {
                channel.write(piece);
            }
        }
    }

    /** Ends the outgoing direction, which says that all is well at this end. */
    void finish() throws IOException {
        channel.shutdownOutput();
    }

    /**
     * Receives until the end of the other direction.
     *
     * @throws WrongException if other bytes arrive than were sent
     * @throws IOException if the bridge has ended abnormally, also because of this end, as planned
     */
    void receive() throws IOException, InterruptedException {
        SoakContent content = requester ? plan.download() : plan.upload();
        long expected = requester ? plan.down() : plan.up();
        long received = 0;
        boolean acted = false;
        ByteBuffer piece = ByteBuffer.allocate(PIECE);
        while (true) {
            if (!acted && received >= plan.at()) {
                acted = true;
                act();
            }
            int count = channel.read(piece.clear());
            if (count < 0) {
                break;
            }
            received += count;
            if (received > expected || !content.matches(piece.flip())) {
                throw new WrongException("other bytes than were sent, before position " + received);
            }
        }
        if (received < expected) {
            throw new WrongException("a normal end after " + received + " of " + expected + " bytes");
        }
    }

    private void act() throws IOException, InterruptedException {
        if (does(SoakPlan.Event.REQUESTER_PAUSES, SoakPlan.Event.DEVICE_PAUSES)) {
            Thread.sleep(plan.pauseMillis());
        } else if (does(SoakPlan.Event.REQUESTER_CLOSES, SoakPlan.Event.DEVICE_CLOSES)) {
            channel.close(ON_PURPOSE);
            throw new IOException(ON_PURPOSE.reason());
        }
    }
}
