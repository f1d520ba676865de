package io.github.wsbridge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.wsbridge.ProxyServer.Protocol;
import io.github.wsbridge.spi.Proxies;
import java.net.InetSocketAddress;
import java.net.ProxySelector;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ProxyServerTest {

    @ParameterizedTest
    @CsvSource({
        "proxy.example.com,HTTP,proxy.example.com,80",
        "http://proxy_1:3128/,HTTP,proxy_1,3128",
        "socks5://10.0.0.1,SOCKS5,10.0.0.1,1080",
        "SOCKS5H://[fd00::1]:99,SOCKS5,fd00::1,99"
    })
    void parse_readsTheParts(String url, Protocol protocol, String host, int port) {
        assertThat(ProxyServer.parse(url)).isEqualTo(new ProxyServer(protocol, host, port, "", ""));
    }

    @ParameterizedTest
    @CsvSource({
        "http://al:secret@p:1,al,secret",
        "http://al:s:e@c#r/et%20@p:1,al,'s:e@c#r/et '",
        "http://a%40b:100%@p:1,a@b,100%",
        "socks5://al@p:1,al,''",
        "http://al:a+b&c@p:1,al,a+b&c"
    })
    void parse_readsUserAndPassword(String url, String user, String password) {
        ProxyServer proxy = ProxyServer.parse(url);
        assertThat(proxy.user()).isEqualTo(user);
        assertThat(proxy.password()).isEqualTo(password);
    }

    @Test
    void toString_hasNoPassword() {
        assertThat(ProxyServer.parse("http://al:secret@[::1]:3128")).hasToString("http://al:***@[::1]:3128");
        assertThat(ProxyServer.parse("socks5://p")).hasToString("socks5://p:1080");
    }

    @Test
    void authorization_isBasic() {
        assertThat(ProxyServer.parse("http://Aladdin:open%20sesame@p").authorization())
                .isEqualTo("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
        assertThat(ProxyServer.parse("http://p").authorization()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "ftp://al:hidden@p",
                "https://al:hidden@p",
                "http://al:hidden@",
                "http://al:hidden@p:0",
                "http://al:hidden@p:99999",
                "http://:hidden@p",
                "http://al:hidden@p/path",
                "http://p q"
            })
    void parse_otherForms_failWithoutQuotingThem(String url) {
        assertThatThrownBy(() -> ProxyServer.parse(url))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageNotContaining("hidden");
    }

    @Test
    void jdkSelector_isAskedWithHttpUrls() {
        Proxies proxies = Proxies.of(ProxySelector.of(InetSocketAddress.createUnresolved("p", 3128)));
        assertThat(proxies.select("wss", "fd00::1", 443)).isEqualTo(new ProxyServer(Protocol.HTTP, "p", 3128, "", ""));
        assertThat(Proxies.of(ProxySelector.of(null)).select("ws", "h", 80)).isNull();
    }
}
