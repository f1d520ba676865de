package io.github.wsbridge.signal.webhook;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.BridgeId;
import io.github.wsbridge.signal.webhook.SeenKeys.Sight;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class SeenKeysTest {

    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

    private final SeenKeys keys = new SeenKeys(3);

    private static BridgeId key(int number) {
        return new BridgeId(0, number);
    }

    private Sight see(int number, int end, int now) {
        return keys.see(key(number), START.plusSeconds(end), START.plusSeconds(now));
    }

    @Test
    void see_expired_isForgotten() {
        see(1, 10, 0);
        see(2, 20, 0);
        assertThat(see(3, 30, 15)).isEqualTo(Sight.FIRST);
        assertThat(keys.size()).isEqualTo(2);
    }

    @Test
    void see_againWithALaterEnd_isKeptUntilThen() {
        see(1, 10, 0);
        see(2, 20, 0);
        assertThat(see(1, 30, 5)).isEqualTo(Sight.AGAIN);
        assertThat(see(1, 10, 25)).as("an earlier end changes nothing").isEqualTo(Sight.AGAIN);
        assertThat(keys.size()).isEqualTo(1);
        assertThat(see(1, 40, 31)).isEqualTo(Sight.FIRST);
    }

    @Test
    void see_full_hasNoRoomUntilTheOldestExpires() {
        see(1, 10, 0);
        see(2, 20, 0);
        see(3, 30, 0);
        assertThat(see(4, 40, 10)).isEqualTo(Sight.NO_ROOM);
        assertThat(see(4, 40, 11)).isEqualTo(Sight.FIRST);
    }

    @Test
    void forget_seen_isNewAgain() {
        see(1, 10, 0);
        keys.forget(key(1));
        assertThat(see(1, 10, 0)).isEqualTo(Sight.FIRST);
    }
}
