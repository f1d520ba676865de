package io.github.wsbridge.signal.mqtt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.wsbridge.ProxyServer;
import io.github.wsbridge.spi.Proxies;
import io.github.wsbridge.testkit.LogCapture;
import io.github.wsbridge.testkit.transport.TestProxy;
import java.net.URI;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A broker behind a proxy, under a name that only the proxy knows. */
@Timeout(60)
class BrokerProxyTest {

    private static MqttBroker.Builder client() throws Exception {
        return MqttBroker.builder(URI.create(
                "mqtt://only-the-proxy-knows.invalid:" + EmbeddedBroker.shared().port()));
    }

    @ParameterizedTest
    @EnumSource(ProxyServer.Protocol.class)
    void proxyWithUser_isUsed(ProxyServer.Protocol protocol) throws Exception {
        try (TestProxy proxy = TestProxy.forUser("al", "secret");
                MqttSignaller node =
                        MqttSignaller.create(client().proxies(Proxies.of(proxy.server(protocol, "al", "secret")))
                                .build())) {
            node.connected().toCompletableFuture().get(20, TimeUnit.SECONDS);
            assertThat(proxy.targets())
                    .containsExactly("only-the-proxy-knows.invalid:"
                            + EmbeddedBroker.shared().port());
        }
    }

    @ParameterizedTest
    @EnumSource(ProxyServer.Protocol.class)
    void proxyThatWantsAUser_warningSaysWhatToSet(ProxyServer.Protocol protocol) throws Exception {
        try (LogCapture log = new LogCapture();
                TestProxy proxy = TestProxy.forUser("al", "secret");
                MqttSignaller node = MqttSignaller.create(client().proxies(Proxies.of(proxy.server(protocol, "", "")))
                        .build())) {
            await().atMost(Duration.ofSeconds(20))
                    .until(() -> log.all().stream()
                            .anyMatch(line -> line.endsWith(": the proxy wants a user and a password, or others:"
                                    + " write them into its URL (--proxy, ALL_PROXY)")));
            assertThat(node.toString()).doesNotContain("secret");
        }
    }

    @Test
    void noProxyChosen_connectsDirectly() throws Exception {
        try (MqttSignaller node = MqttSignaller.create(EmbeddedBroker.shared()
                .client()
                .proxies((scheme, host, port) -> null)
                .build())) {
            node.connected().toCompletableFuture().get(20, TimeUnit.SECONDS);
        }
    }
}
