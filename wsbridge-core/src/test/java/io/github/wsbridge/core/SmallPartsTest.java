package io.github.wsbridge.core;

import static io.github.wsbridge.core.TestCluster.A;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.mockito.Mockito.mock;

import io.github.wsbridge.Bridge;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.NodeAddress;
import io.github.wsbridge.core.cluster.PeerDirectory;
import io.github.wsbridge.core.limits.Capacity;
import io.github.wsbridge.core.limits.RequestRate;
import io.github.wsbridge.core.tokens.TokenText;
import io.github.wsbridge.spi.BridgeListener;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.testkit.FakeClock;
import io.github.wsbridge.testkit.LogCapture;
import io.github.wsbridge.testkit.Racers;
import io.github.wsbridge.testkit.RecordingReceiver;
import java.lang.reflect.Proxy;
import java.net.URI;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** The small parts that stand for themselves. */
class SmallPartsTest {

    private final FakeClock clock = new FakeClock();

    @Test
    void rate_burst_thenTheRate() {
        RequestRate rate = new RequestRate(10, clock);
        for (int i = 0; i < 10; i++) {
            assertThat(rate.take("me")).isTrue();
        }
        assertThat(rate.take("me")).isFalse();
        assertThat(rate.take("you")).as("each has a bucket").isTrue();
        clock.advance(Duration.ofMillis(99));
        assertThat(rate.take("me")).isFalse();
        clock.advance(Duration.ofMillis(1));
        assertThat(rate.take("me")).isTrue();
        assertThat(rate.take("me")).isFalse();
        clock.advance(Duration.ofDays(1));
        for (int i = 0; i < 10; i++) {
            assertThat(rate.take("me")).isTrue();
        }
        assertThat(rate.take("me")).as("idleness saves up no more than a burst").isFalse();
    }

    @Test
    void rate_clockSetBack_takesNothingAway() {
        RequestRate rate = new RequestRate(10, clock);
        assertThat(rate.take("me")).isTrue();
        clock.advance(Duration.ofHours(-1));
        for (int i = 0; i < 9; i++) {
            assertThat(rate.take("me")).isTrue();
        }
        assertThat(rate.take("me")).isFalse();
        clock.advance(Duration.ofMillis(100));
        assertThat(rate.take("me")).isTrue();
    }

    @Test
    void rate_manyPrincipals_areForgottenButNotThoseInDebt() {
        RequestRate rate = new RequestRate(1, clock);
        for (int i = 0; i < 5_000; i++) {
            assertThat(rate.take("principal " + i)).isTrue();
            if (i % 500 == 0) {
                clock.advance(Duration.ofMillis(300));
            }
        }
        assertThat(rate.take("principal 4999")).isFalse();
        assertThat(rate.take("principal 0")).isTrue();
    }

    @Test
    void capacity_isNeverExceededAndComesBack() {
        Capacity capacity = new Capacity(2);
        AtomicInteger inside = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        Racers racers = new Racers(2);
        Runnable visitor = () -> {
            for (int i = 0; i < 100; i++) {
                if (capacity.take()) {
                    most.accumulateAndGet(inside.incrementAndGet(), Math::max);
                    inside.decrementAndGet();
                    capacity.release();
                }
                most.accumulateAndGet(capacity.used(), Math::max);
            }
        };
        for (int i = 0; i < 1_000; i++) {
            racers.race(List.of(visitor, visitor, visitor));
        }
        racers.stop();
        assertThat(most.get()).isLessThanOrEqualTo(2);
        assertThat(capacity.used()).isZero();
    }

    @Test
    void safeListener_oneThatThrows_doesNoHarm() throws Exception {
        BridgeListener throwing = (BridgeListener) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {BridgeListener.class}, (proxy, method, arguments) -> {
                    throw new IllegalStateException(method.getName());
                });
        TestCluster cluster = new TestCluster();
        BridgeNode node = cluster.node(
                A,
                builder -> builder.listener(throwing).listener(cluster.events).signaller(cluster.signaller));
        try (LogCapture log = new LogCapture()) {
            RecordingReceiver listener = TestCluster.listen(node, "other");
            RecordingReceiver requester = TestCluster.request(node, "device", "");
            RecordingReceiver device = TestCluster.open(
                    node, cluster.signaller.take(TestCluster.PATIENCE).acceptUrl(), "");
            requester.leg().send(Fragment.text("hello"));
            assertThat(device.count()).isEqualTo(1);
            requester.leg().close(CloseReason.normal());
            listener.leg().close(CloseReason.normal());
            assertThat(TestCluster.refusal(node, URI.create("ws://a/bridge/connect")))
                    .isEqualTo(400);
            assertThat(cluster.events.names())
                    .containsExactly(
                            "Listening", "Requested", "Signalled", "Established", "Closed", "ListenerGone", "Refused");
            assertThat(log.loud()).hasSize(7);
        }
        assertThat(node.stats()).isEqualTo(new NodeStats(0, 0, 0, false));
    }

    @Test
    void nodeEvents_everyEvent_isPassedOn() throws Exception {
        List<String> heard = new ArrayList<>();
        BridgeListener listener = (BridgeListener) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {BridgeListener.class}, (proxy, method, arguments) -> {
                    heard.add(method.getName());
                    return null;
                });
        NodeEvents events = new NodeEvents(List.of(listener));
        Bridge bridge = mock(Bridge.class);
        for (var method : BridgeListener.class.getMethods()) {
            Object[] nothing = new Object[method.getParameterCount()];
            for (int i = 0; i < nothing.length; i++) {
                Class<?> type = method.getParameterTypes()[i];
                nothing[i] = type == int.class ? (Object) 0 : type == Bridge.class ? bridge : null;
            }
            method.invoke(events, nothing);
            assertThat(heard).last().isEqualTo(method.getName());
        }
        assertThat(heard).hasSize(9);
    }

    @Test
    void directory_dns_givesANodeForEachAddress() throws Exception {
        assertThat(PeerDirectory.dns("ws", "localhost", 8080).nodes())
                .isNotEmpty()
                .allSatisfy(
                        node -> assertThat(node.toString()).isIn("ws://127.0.0.1:8080", "ws://[0:0:0:0:0:0:0:1]:8080"));
        assertThat(PeerDirectory.dns("wss", "::1", 443).nodes())
                .containsExactly(NodeAddress.parse("wss://[0:0:0:0:0:0:0:1]:443"));
        assertThatThrownBy(() -> PeerDirectory.dns("ws", "nowhere.invalid", 1).nodes())
                .isInstanceOf(UnknownHostException.class);
        assertThat(PeerDirectory.none().nodes()).isEmpty();
    }

    @Test
    void sealed_text_hasOneSpelling() {
        byte[] bytes = {1, 2, 3, 4};
        String text = TokenText.text(bytes);
        assertThat(TokenText.bytes(text)).isEqualTo(bytes);
        for (String other : List.of(text + "=", text + "==", text.substring(0, text.length() - 1) + "B")) {
            assertThatThrownBy(() -> TokenText.bytes(other)).isInstanceOf(IllegalArgumentException.class);
        }
    }
}
