package io.github.wsbridge.netty;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.Leg;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Who hears of a leg: nobody before it is opened and after it has been told of the end. Belongs to the channel's loop. */
final class GuardedReceiver {

    private static final Logger log = LoggerFactory.getLogger(GuardedReceiver.class);

    private final Runnable failed;
    private Leg.@Nullable Receiver receiver;
    private @Nullable CloseReason end;

    /** Calls {@code failed} after a receiver that throws: it costs its leg, and nothing else. */
    GuardedReceiver(Runnable failed) {
        this.failed = failed;
    }

    /** An end that came before is told now. */
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

    void transferred(long bytes) {
        tell(to -> to.onTransferred(bytes));
    }

    void reading(boolean reading) {
        tell(to -> to.onReading(reading));
    }

    void writable(boolean writable) {
        tell(to -> to.onWritable(writable));
    }

    /** The last to be told. */
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
