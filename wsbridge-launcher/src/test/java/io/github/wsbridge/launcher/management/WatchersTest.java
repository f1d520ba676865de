package io.github.wsbridge.launcher.management;

import static org.assertj.core.api.Assertions.assertThat;

import com.grack.nanojson.JsonObject;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.MockTicker;
import io.netty.util.concurrent.Ticker;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** When those who watch are told, and when no longer. */
final class WatchersTest {

    private final MockTicker time = Ticker.newMockTicker();
    private final EmbeddedChannel channel =
            EmbeddedChannel.builder().ticker(time).build();
    private final AtomicInteger looks = new AtomicInteger();
    private final Pulse pulse = new Pulse(
            () -> {
                looks.incrementAndGet();
                return List.of();
            },
            Set::of,
            JsonObject::new,
            new Refusals(),
            false);
    private final Watchers watchers = new Watchers(pulse, channel.eventLoop());
    private boolean permitted = true;

    private int events() {
        int count = 0;
        for (Object event = channel.readOutbound(); event != null; event = channel.readOutbound()) {
            ReferenceCountUtil.release(event);
            count++;
        }
        return count;
    }

    private void pass(int seconds) {
        for (int i = 0; i < seconds; i++) {
            time.advance(1, TimeUnit.SECONDS);
            channel.runScheduledPendingTasks();
            channel.runPendingTasks();
        }
    }

    private void readable(boolean reads) {
        channel.unsafe().outboundBuffer().setUserDefinedWritability(1, reads);
    }

    @Test
    void watcher_isToldAtOnce_thenOnceASecond() {
        watchers.add(channel, new Watcher("", ""), () -> permitted);
        assertThat(events()).isEqualTo(1);
        pass(3);
        assertThat(events()).isEqualTo(3);
        permitted = false; // such as with a new key
        pass(1);
        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void watcher_thatDoesNotRead_isDroppedAfterTenSeconds() {
        watchers.add(channel, new Watcher("", ""), () -> permitted);
        readable(false);
        pass(9);
        readable(true);
        assertThat(events()).as("nothing is queued for it").isEqualTo(1);
        pass(1);
        assertThat(events()).isEqualTo(1);
        readable(false);
        pass(11);
        assertThat(channel.isOpen()).isFalse();
        int before = looks.get();
        pass(5);
        assertThat(looks.get()).as("nobody watches").isEqualTo(before);
    }
}
