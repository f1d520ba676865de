package io.github.wsbridge;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AuthorityTest {

    @ParameterizedTest
    @CsvSource({
        "ws://bridge.example.com,bridge.example.com,-1,bridge.example.com,bridge.example.com",
        "ws://my_service:8080/x,my_service,8080,my_service,my_service",
        "wss://bücher.example:1,xn--bcher-kva.example,1,xn--bcher-kva.example,xn--bcher-kva.example",
        "wss://bridge.example.com.:443/,bridge.example.com.,443,bridge.example.com.,bridge.example.com",
        "ws://[fd00::1]:80,[fd00::1],80,fd00::1,[fd00::1]",
        "ws://[fe80::1%25eth0]:80,[fe80::1%25eth0],80,fe80::1%eth0,[fe80::1]",
        "ws://[fe80::1%eth0],[fe80::1%25eth0],-1,fe80::1%eth0,[fe80::1]",
        "ws://10.0.0.1:,10.0.0.1,-1,10.0.0.1,10.0.0.1"
    })
    void of_readsHostAndPort(String url, String host, int port, String address, String name) {
        Authority authority = Authority.of(URI.create(url)).orElseThrow();
        assertThat(authority).isEqualTo(new Authority(host, port));
        assertThat(authority.address()).isEqualTo(address);
        assertThat(authority.name()).isEqualTo(name);
    }

    @ParameterizedTest
    @ValueSource(strings = {"ws:/path", "ws://a..b", "ws://user@host", "ws://host:99999", "ws://.", "ws://a!b", "/"})
    void of_otherForms_isEmpty(String url) {
        assertThat(Authority.of(URI.create(url))).isEmpty();
    }

    @Test
    void endpoints_keepSuchHosts() {
        assertThat(Endpoints.listen(URI.create("http://my_service:8080/b/"), "d"))
                .hasToString("ws://my_service:8080/b/bridge/listen?deviceId=d");
        assertThat(Endpoints.base(URI.create("wss://bücher.example/ü")))
                .hasToString("wss://xn--bcher-kva.example/%C3%BC");
        assertThat(Endpoints.base(URI.create("ws://[fe80::1%eth0]:1"))).hasToString("ws://[fe80::1%25eth0]:1");
    }
}
