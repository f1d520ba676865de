package io.github.wsbridge.wire.websocket;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.spi.Admission;
import io.github.wsbridge.spi.Door;
import io.github.wsbridge.spi.Headers;
import io.github.wsbridge.spi.Peer;
import io.github.wsbridge.testkit.FakeClock;
import io.github.wsbridge.testkit.FakeLeg;
import io.github.wsbridge.testkit.FakeScheduler;
import io.github.wsbridge.testkit.LogCapture;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class ServerUpgradeTest {

    private static final Duration TIMEOUT = Duration.ofSeconds(30);

    private final FakeScheduler scheduler = new FakeScheduler(new FakeClock());
    private final CompletableFuture<Admission.Decision> decision = new CompletableFuture<>();
    private final AtomicInteger abandoned = new AtomicInteger();
    private final AtomicInteger asked = new AtomicInteger();
    private final List<Admission.Decision> answers = new ArrayList<>();

    private final Door later = handshake -> {
        asked.incrementAndGet();
        return CompletableFuture.completedFuture(new Admission.Later(decision, TIMEOUT, abandoned::incrementAndGet));
    };

    private static ServerUpgrade upgrade(String key) {
        Map<String, String> fields = Map.of(
                "host",
                "h",
                "upgrade",
                "websocket",
                "connection",
                "keep-alive, Upgrade",
                "sec-websocket-version",
                "13",
                "sec-websocket-key",
                key);
        Headers headers = name -> {
            String value = fields.get(name.toLowerCase(Locale.ROOT));
            return value == null ? List.of() : List.of(value);
        };
        return ServerUpgrade.of("GET", "/bridge/connect?deviceId=d", "HTTP/1.1", headers, new Peer(""));
    }

    private void ask(ServerUpgrade upgrade) {
        upgrade.ask(later, scheduler, new ServerUpgrade.Answer() {
            @Override
            public void grant(Admission.Granted granted) {
                answers.add(granted);
            }

            @Override
            public void refuse(Admission.Refused refused) {
                answers.add(refused);
            }
        });
    }

    @Test
    void later_grantedAndOpened_isNotAbandoned() {
        ServerUpgrade upgrade = upgrade(WebSocketKey.random());
        ask(upgrade);
        FakeLeg leg = new FakeLeg();
        AtomicInteger opened = new AtomicInteger();
        Admission.Granted granted = new Admission.Granted("", opening -> opened.incrementAndGet());
        decision.complete(granted);
        upgrade.open(granted, leg);
        scheduler.advance(TIMEOUT.plusSeconds(1));
        assertThat(opened).hasValue(1);
        assertThat(answers).containsExactly(granted);
        assertThat(abandoned).hasValue(0);
    }

    @Test
    void later_grantedAndNeverOpened_isAbandonedAtTheTimeout() {
        ask(upgrade(WebSocketKey.random()));
        Admission.Granted granted = new Admission.Granted("", opening -> {});
        decision.complete(granted);
        assertThat(abandoned).hasValue(0);
        scheduler.advance(TIMEOUT.plusSeconds(1));
        assertThat(abandoned).hasValue(1);
        assertThat(answers).containsExactly(granted);
    }

    @Test
    void later_undecided_isRefusedAndAbandonedAtTheTimeout() {
        ask(upgrade(WebSocketKey.random()));
        scheduler.advance(TIMEOUT.plusSeconds(1));
        assertThat(answers).containsExactly(ServerUpgrade.UNAVAILABLE);
        assertThat(abandoned).hasValue(1);
    }

    @Test
    void open_doorFailsForWantOfMemory_dropsTheLeg() {
        ServerUpgrade upgrade = upgrade(WebSocketKey.random());
        ask(upgrade);
        Admission.Granted granted = new Admission.Granted("", opened -> {
            throw new OutOfMemoryError("on purpose");
        });
        decision.complete(granted);
        FakeLeg leg = new FakeLeg();
        try (LogCapture log = new LogCapture()) {
            upgrade.open(granted, leg);
            assertThat(log.all()).hasSize(1);
        }
        assertThat(leg.aborted()).isTrue();
    }

    @Test
    void ask_invalidKey_isRefusedBeforeTheDoorIsAsked() {
        ask(upgrade("short"));
        assertThat(asked).hasValue(0);
        assertThat(((Admission.Refused) answers.get(0)).status()).isEqualTo(400);
    }
}
