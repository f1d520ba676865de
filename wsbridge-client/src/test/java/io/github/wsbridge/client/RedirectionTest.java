package io.github.wsbridge.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.wsbridge.HandshakeException;
import io.github.wsbridge.client.FakeNode.Call;
import java.net.URI;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Redirects: the one that is followed, and those that are refused. */
@Timeout(30)
class RedirectionTest {

    private final FakeNode node = FakeNode.scripted();
    private final BridgeClient client =
            BridgeClient.builder(FakeNode.BASE).connector(node).apiKey("secret").build();

    @AfterEach
    void close() {
        client.close();
    }

    private static HandshakeException redirect(int status, String to) {
        return new HandshakeException(status, "", null, URI.create(to));
    }

    @ParameterizedTest
    @CsvSource({
        "301,https://node.test/x?deviceId=d,wss://node.test/x?deviceId=d",
        "302,https://Node.test:8443,wss://Node.test:8443/",
        "307,//node.test/x,none",
        "307,wss://node.test/x,wss://node.test/x",
        "308,https://node.test/y%20z,wss://node.test/y%20z"
    })
    void toTheSameHostWithTls_isFollowedWithTheKey(int status, String to, String expected) throws Exception {
        client.leg("d", "");
        node.call().fail(redirect(status, to));
        if (expected.equals("none")) { // without TLS
            assertThat(node.calls).isEmpty();
            return;
        }
        Call second = node.call();
        assertThat(second.target().uri()).hasToString(expected);
        assertThat(second.target().headers()).containsEntry("X-Api-Key", "secret");
        assertThat(second.target().subprotocol()).isEqualTo("wsbridge.v1");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://other.test/bridge/connect?token=hidden",
                "http://node.test/bridge/connect?token=hidden",
                "https://user:hidden@node.test/bridge/connect",
                "/login?token=hidden"
            })
    void elsewhere_isRefusedAndNamesThePlace(String to) {
        CompletableFuture<BridgeLeg> leg = client.leg("d", "");
        assertThatThrownBy(() -> {
                    node.call().fail(redirect(302, to));
                    leg.get(10, TimeUnit.SECONDS);
                })
                .cause()
                .isInstanceOfSatisfying(
                        HandshakeException.class,
                        e -> assertThat(e.words())
                                .startsWith("the server redirects to ")
                                .contains(URI.create(to).getPath())
                                .doesNotContain("hidden"));
        assertThat(node.calls).isEmpty();
    }

    @Test
    void second_isRefused() throws Exception {
        CompletableFuture<BridgeLeg> leg = client.leg("d", "");
        node.call().fail(redirect(301, "https://node.test/a"));
        node.call().fail(redirect(301, "https://node.test/b"));
        assertThatThrownBy(() -> leg.get(10, TimeUnit.SECONDS)).hasMessageContaining("HTTP status 301");
        assertThat(node.calls).isEmpty();
    }

    @Test
    void otherStatus_isNotFollowed() {
        CompletableFuture<BridgeLeg> leg = client.leg("d", "");
        assertThatThrownBy(() -> {
                    node.call().fail(redirect(303, "https://node.test/a"));
                    leg.get(10, TimeUnit.SECONDS);
                })
                .hasMessageContaining("HTTP status 303");
        assertThat(node.calls).isEmpty();
    }

    @Test
    void connectorThrowsAtTheSecondAttempt_fails() {
        AtomicInteger attempts = new AtomicInteger();
        try (BridgeClient starved = BridgeClient.builder(FakeNode.BASE)
                .connector(target -> {
                    if (attempts.incrementAndGet() == 2) {
                        throw new OutOfMemoryError("on purpose");
                    }
                    return CompletableFuture.failedFuture(redirect(301, "https://node.test/a"));
                })
                .build()) {
            assertThat(starved.leg("d", "")).failsWithin(Duration.ofSeconds(10));
        }
        assertThat(attempts).hasValue(2);
    }

    @Test
    void cancelled_whileRedirected_endsTheSecondAttempt() throws Exception {
        CompletableFuture<BridgeLeg> leg = client.leg("d", "");
        node.call().fail(redirect(301, "https://node.test/a"));
        Call second = node.call();
        leg.cancel(true);
        assertThat(second.answer()).isCancelled();
    }
}
