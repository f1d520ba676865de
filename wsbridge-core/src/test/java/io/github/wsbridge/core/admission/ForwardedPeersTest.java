package io.github.wsbridge.core.admission;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.mockito.Mockito.mock;

import io.github.wsbridge.spi.Peer;
import java.security.cert.X509Certificate;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ForwardedPeersTest {

    private static final ForwardedPeers PROXIES = new ForwardedPeers(List.of("10.0.0.0/8", "2001:db8:ffff::/48"));

    private static List<String> values(@Nullable String field) {
        return field == null ? List.of() : List.of(field);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            value = {
                "192.0.2.9:1 | 198.51.100.1               | -                                   | 192.0.2.9:1",
                "10.0.0.1:1  | -                          | -                                   | 10.0.0.1:1",
                "10.0.0.1:1  | 198.51.100.1               | -                                   | 198.51.100.1",
                "10.0.0.1:1  | 1.2.3.4, 198.51.100.1      | -                                   | 198.51.100.1",
                "10.0.0.1:1  | 198.51.100.1, 10.3.3.3     | -                                   | 198.51.100.1",
                "10.0.0.1:1  | 10.4.4.4, 10.3.3.3         | -                                   | 10.0.0.1:1",
                "10.0.0.1:1  | 198.51.100.1, unknown      | -                                   | 10.0.0.1:1",
                "10.0.0.1:1  | 198.51.100.1:4711          | -                                   | 198.51.100.1",
                "10.0.0.1:1  | 2001:db8::1                | -                                   | [2001:db8::1]",
                "10.0.0.1:1  | -                          | for=198.51.100.1;proto=https        | 198.51.100.1",
                "10.0.0.1:1  | -                          | proto=http; For=\"[2001:db8::1]:9\" | [2001:db8::1]",
                "10.0.0.1:1  | - | for=198.51.100.1;host=\"a;for=1.2.3.4\"                            | 198.51.100.1",
                "10.0.0.1:1  | - | host=\"a;for=1.2.3.4\";for=198.51.100.1                            | 198.51.100.1",
                "10.0.0.1:1  | - | for=198.51.100.1;host=\"a,for=1.2.3.4\"                            | 10.0.0.1:1",
                "10.0.0.1:1  | - | for=198.51.100.1;host=\"a,for=1.2.3.4;x=\\\"\"                      | 10.0.0.1:1",
                "10.0.0.1:1  | - | host=\"a,for=1.2.3.4\";for=198.51.100.1                            | 10.0.0.1:1",
                "10.0.0.1:1  | - | for=1.2.3.4;for=198.51.100.1                                     | 10.0.0.1:1",
                "10.0.0.1:1  | - | for=\"1.2.3.4, for=198.51.100.1:99;proto=http                     | 198.51.100.1",
                "10.0.0.1:1  | -                          | for=_hidden                         | 10.0.0.1:1",
                "10.0.0.1:1  | 198.51.100.1               | for=198.51.100.1                    | 198.51.100.1",
                "10.0.0.1:1  | 1.2.3.4                    | for=198.51.100.1                    | 10.0.0.1:1",
                "[2001:db8:ffff::5]:1 | 198.51.100.1      | -                                   | 198.51.100.1",
            })
    void client_isTheLastThatIsNoProxy(
            String peer, @Nullable String plain, @Nullable String standard, String expected) {
        Peer client = PROXIES.client(new Peer(peer), name -> switch (name) {
            case "X-Forwarded-For" -> values(plain);
            case "Forwarded" -> values(standard);
            default -> List.of();
        });
        assertThat(client.address()).isEqualTo(expected);
    }

    @Test
    void client_behindAProxy_hasNotTheProxysCertificate() {
        X509Certificate proxys = mock(X509Certificate.class);
        Peer proxy = new Peer("10.0.0.1:1", List.of(proxys));
        Peer client =
                PROXIES.client(proxy, name -> name.equals("X-Forwarded-For") ? List.of("198.51.100.1") : List.of());
        assertThat(client).isEqualTo(new Peer("198.51.100.1", List.of(), "10.0.0.1:1"));
    }

    @Test
    void client_noProxies_isThePeer() {
        Peer peer = new Peer("10.0.0.1:1");
        assertThat(new ForwardedPeers(List.of()).client(peer, name -> List.of("198.51.100.1")))
                .isSameAs(peer);
    }

    @Test
    void networks_invalid_areRefused() {
        assertThatThrownBy(() -> new ForwardedPeers(List.of("proxy"))).hasMessageContaining("'proxy'");
    }
}
