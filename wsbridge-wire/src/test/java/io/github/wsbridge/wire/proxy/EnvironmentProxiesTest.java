package io.github.wsbridge.wire.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.wsbridge.ProxyServer;
import io.github.wsbridge.spi.Proxies;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EnvironmentProxiesTest {

    private static Proxies of(String... variables) {
        Map<String, String> environment = new HashMap<>();
        for (int i = 0; i < variables.length; i += 2) {
            environment.put(variables[i], variables[i + 1]);
        }
        return EnvironmentProxies.of(environment).orElseThrow();
    }

    private static String chosen(Proxies proxies, String scheme) {
        ProxyServer proxy = proxies.select(scheme, "bridge.example.com", 443);
        return proxy == null ? "direct" : proxy.host();
    }

    @Test
    void variables_areForTheirSchemes() {
        Proxies proxies =
                of("HTTPS_PROXY", "http://secure:3128", "http_proxy", "plain:3128", "ALL_PROXY", "socks5://all");
        assertThat(chosen(proxies, "wss")).isEqualTo("secure");
        assertThat(chosen(proxies, "https")).isEqualTo("secure");
        assertThat(chosen(proxies, "ws")).isEqualTo("plain");
        assertThat(chosen(proxies, "mqtts")).isEqualTo("all");
    }

    @Test
    void allProxy_isForAll_lowerCaseFirst() {
        Proxies proxies = of("ALL_PROXY", "http://upper", "all_proxy", "socks5h://lower");
        assertThat(chosen(proxies, "wss")).isEqualTo("lower");
        assertThat(chosen(proxies, "ws")).isEqualTo("lower");
    }

    @Test
    void httpsProxyOnly_leavesPlainAndMqttDirect() {
        Proxies proxies = of("HTTPS_PROXY", "http://secure");
        assertThat(chosen(proxies, "ws")).isEqualTo("direct");
        assertThat(chosen(proxies, "mqtts")).isEqualTo("direct");
    }

    @Test
    void noVariable_orEmpty_isNoChoice() {
        assertThat(EnvironmentProxies.of(Map.of("HTTPS_PROXY", " ", "NO_PROXY", "x")))
                .isEmpty();
    }

    @Test
    void brokenVariable_isNamedAndNotQuoted() {
        assertThatThrownBy(() -> of("HTTPS_PROXY", "ftp://user:hidden@host"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("the environment variable HTTPS_PROXY: a proxy must be http:// or socks5://");
    }

    @ParameterizedTest
    @CsvSource({"localhost", "127.0.0.1", "127.8.9.1", "::1", "0:0:0:0:0:0:0:1"})
    void thisMachine_isReachedDirectly(String host) {
        assertThat(of("ALL_PROXY", "http://p").select("ws", host, 80)).isNull();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "example.com|example.com|443|true",
                "example.com|bridge.Example.com|443|true",
                ".example.com|bridge.example.com.|443|true",
                "*.example.com|bridge.example.com|443|true",
                "example.com|notexample.com|443|false",
                "example.com:8443|example.com|443|false",
                "example.com:8443|example.com|8443|true",
                "other.test, 10.0.0.0/8|10.200.3.4|443|true",
                "10.0.0.0/8|11.0.0.1|443|false",
                "10.1.2.3/8|10.200.3.4|443|true",
                "10.1.2.3/8|11.0.0.1|443|false",
                "fd00::1/8|fd12::2|443|true",
                "10.0.0.0/8|10.example.com|443|false",
                "192.168.0.7|192.168.0.7|443|true",
                "fd00::/8|fd12:0::1|443|true",
                "fd00::2|fd00:0:0:0:0:0:0:2|443|true",
                "[fd00::2]:443|fd00::2|443|true",
                "*|anything.test|443|true",
                "''|anything.test|443|false"
            })
    void noProxy_matches(String list, String host, int port, boolean direct) {
        assertThat(of("ALL_PROXY", "http://p", "NO_PROXY", list).select("wss", host, port) == null)
                .isEqualTo(direct);
    }
}
