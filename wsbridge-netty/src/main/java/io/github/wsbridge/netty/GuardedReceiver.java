package io.github.wsbridge.netty;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.wire.websocket.Heartbeat;
import java.time.Duration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Calls a leg's receiver, but not before the leg is opened or after its end. Confined to the channel's loop. */
final class GuardedReceiver {

    private static final Logger log = LoggerFactory.getLogger(GuardedReceiver.class);

    private final Runnable failed;
    private Leg.@Nullable Receiver receiver;
    private @Nullable CloseReason end;

    /**
     * Creates a guard that calls {@code failed} if the receiver throws, which ends its leg and affects nothing else.
     */
    GuardedReceiver(Runnable failed) {
        this.failed = failed;
    }

    /** Sets the receiver, and reports the end if the leg has ended already. */
    void open(Leg.Receiver to) {
        receiver = to;
        CloseReason early = end;
        if (early != null) {
            closed(early);
        }
    }

    void fragment(Fragment fragment) {
        tell(to -> to.onFragment(fragment));
    }

    void pong() {
        tell(Leg.Receiver::onPong);
    }

    void pong(byte[] payload) {
        Duration next = Heartbeat.read(payload);
        if (next == null) {
            pong();
        } else {
            tell(to -> to.onHeartbeat(next));
        }
    }

    void transferred(long bytes) {
        tell(to -> to.onTransferred(bytes));
    }

    void reading(boolean reading) {
        tell(to -> to.onReading(reading));
    }

    void writable(boolean writable) {
        tell(to -> to.onWritable(writable));
    }

    /** Reports the end; nothing is reported after it. */
    void closed(CloseReason reason) {
        end = reason;
        Leg.Receiver to = receiver;
        if (to != null) {
            receiver = null;
            try {
                to.onClosed(reason);
            } catch (RuntimeException e) {
                log.error("A receiver failed", e);
            }
        }
    }

    private void tell(Consumer<Leg.Receiver> news) {
        Leg.Receiver to = receiver;
        if (to != null) {
            try {
                news.accept(to);
            } catch (RuntimeException e) {
                log.error("A receiver failed", e);
                failed.run();
            }
        }
    }
}
