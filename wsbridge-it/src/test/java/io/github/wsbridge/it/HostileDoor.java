package io.github.wsbridge.it;

import io.github.wsbridge.spi.Admission;
import io.github.wsbridge.spi.Door;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.Handshake;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.wire.relay.ForwardingLeg;
import io.github.wsbridge.wire.relay.ForwardingReceiver;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletionStage;

/** The door of a node whose operator reads everything, and changes messages at will. */
final class HostileDoor implements Door {

    private static final int SMALLEST = 1000; // leaves what the node itself needs alone

    private final Door door;
    private final ByteArrayOutputStream seen = new ByteArrayOutputStream(); // guarded by itself
    private volatile boolean alters;

    HostileDoor(Door door) {
        this.door = door;
    }

    /** Changes a byte in each large message from now on. */
    void alter() {
        alters = true;
    }

    /** Returns everything that anybody has sent, and asked for. */
    byte[] seen() {
        synchronized (seen) {
            return seen.toByteArray();
        }
    }

    private void see(byte[] bytes) {
        synchronized (seen) {
            seen.writeBytes(bytes);
        }
    }

    @Override
    public CompletionStage<Admission> admit(Handshake handshake) {
        see(String.valueOf(handshake.rawQuery()).getBytes(StandardCharsets.UTF_8));
        return door.admit(handshake)
                .thenApply(admission -> admission instanceof Admission.Granted granted ? tapped(granted) : admission);
    }

    private Admission.Granted tapped(Admission.Granted granted) {
        return new Admission.Granted(
                granted.subprotocol(), leg -> granted.opened().accept(new Tapped(leg)));
    }

    private final class Tapped extends ForwardingLeg {

        Tapped(Leg leg) {
            super(leg);
        }

        @Override
        public boolean takesTransfers() {
            return false;
        }

        @Override
        public boolean transferTo(Leg target) {
            return false;
        }

        @Override
        public void open(Receiver receiver) {
            super.open(new ForwardingReceiver(receiver) {
                @Override
                public void onFragment(Fragment fragment) {
                    byte[] bytes = new byte[fragment.payload().remaining()];
                    fragment.payload().get(bytes);
                    see(bytes);
                    if (alters && bytes.length >= SMALLEST) {
                        bytes[bytes.length / 2] ^= 1;
                    }
                    super.onFragment(new Fragment(fragment.kind(), ByteBuffer.wrap(bytes), fragment.last()));
                }
            });
        }
    }
}
