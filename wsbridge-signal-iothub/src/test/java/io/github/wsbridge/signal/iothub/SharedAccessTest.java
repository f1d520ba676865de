package io.github.wsbridge.signal.iothub;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.signal.iothub.SharedAccess.Signature;
import io.github.wsbridge.testkit.FakeClock;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class SharedAccessTest {

    private final FakeClock clock = new FakeClock();
    private final AtomicInteger signed = new AtomicInteger();
    private Instant expiresAt;
    private final SharedAccess access = new SharedAccess(this::sign);

    private Signature sign() {
        expiresAt = clock.instant().plus(Duration.ofHours(1));
        return new Signature("signature " + signed.incrementAndGet(), expiresAt);
    }

    private String signature() {
        return access.credential().getSignature();
    }

    @Test
    void refresh_lessThanHalfLeft_signsAgain() {
        clock.advance(Duration.ofMinutes(30));
        access.refresh(clock.instant());
        assertThat(signature()).isEqualTo("signature 1");
        clock.advance(Duration.ofSeconds(1));
        access.refresh(clock.instant());
        assertThat(signature()).isEqualTo("signature 2");
        access.refresh(clock.instant());
        assertThat(signed).hasValue(2);
    }

    @Test
    void refresh_everyPeriod_alwaysLeavesTenMinutes() {
        for (int period = 1; period <= 100; period++) {
            clock.advance(SharedAccess.PERIOD);
            assertThat(Duration.between(clock.instant(), expiresAt)).isGreaterThanOrEqualTo(Duration.ofMinutes(10));
            access.refresh(clock.instant());
        }
        assertThat(signed).hasValue(51);
    }

    @Test
    void of_connectionString_isTheSdksSignature() throws Exception {
        String signature =
                SharedAccess.of(FakeHub.CONNECTION_STRING).credential().getSignature();
        assertThat(FakeHub.authorized(signature, FakeHub.HOST)).isTrue();
    }
}
