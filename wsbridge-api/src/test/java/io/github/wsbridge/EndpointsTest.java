package io.github.wsbridge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.net.URI;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class EndpointsTest {

    private static final URI BASE = URI.create("https://bridge.example.com:8443/base/");
    private static final BridgeToken TOKEN = new BridgeToken("Az09-_");

    static Stream<String> texts() {
        StringBuilder latin = new StringBuilder();
        for (char c = 0x20; c < 0x200; c++) {
            if (!Character.isISOControl(c)) {
                latin.append(c);
            }
        }
        return Stream.of(
                "plain",
                latin.toString(),
                "a b+c%20d%2Bd",
                "&=?#/;:@!$'()*,[]\"<>\\^`{|}~",
                "a=b&deviceId=other#fragment",
                "grüße 日本語 \uD83D\uDE80\uD83C\uDDE9\uD83C\uDDEA e\u0301 \u202E",
                "\uFEFF\uFFFD\uFFFF\uDBFF\uDFFF");
    }

    @ParameterizedTest
    @MethodSource("texts")
    void connect_anyText_isReadBack(String text) {
        URI url = Endpoints.connect(BASE, new BridgeRequest(text, text + "\r\n\t\u0000" + text));
        Query query = Query.parse(url.getRawQuery());
        assertThat(query.get(Endpoints.DEVICE_ID)).isEqualTo(text);
        assertThat(query.get(Endpoints.REQUEST_DATA)).isEqualTo(text + "\r\n\t\u0000" + text);
        isPlain(url, "/base/bridge/connect");
    }

    @ParameterizedTest
    @MethodSource("texts")
    void acceptAndReject_anyText_isReadBack(String text) {
        URI accept = Endpoints.accept(BASE, TOKEN, text);
        URI reject = Endpoints.reject(accept, new Rejection(9999, text));
        Query query = Query.parse(reject.getRawQuery());
        assertThat(query.get(Endpoints.BRIDGE_TOKEN)).isEqualTo(TOKEN.value());
        assertThat(query.get(Endpoints.REQUEST_DATA)).isEqualTo(text);
        assertThat(query.get(Endpoints.REJECT_CODE)).isEqualTo("9999");
        assertThat(query.get(Endpoints.REJECT_REASON)).isEqualTo(text);
        isPlain(reject, "/base/bridge/accept");
    }

    @ParameterizedTest
    @MethodSource("texts")
    void listen_anyText_isReadBack(String text) {
        URI url = Endpoints.listen(BASE, text);
        assertThat(Query.parse(url.getRawQuery()).get(Endpoints.DEVICE_ID)).isEqualTo(text);
        isPlain(url, "/base/bridge/listen");
    }

    private static void isPlain(URI url, String path) {
        assertThat(url.getRawPath()).isEqualTo(path);
        assertThat(url.getRawFragment()).isNull();
        assertThat(url.toString()).matches("wss://bridge\\.example\\.com:8443/[A-Za-z0-9%&=?/._*-]+");
    }

    @Test
    void urls_areAsDocumented() {
        URI base = URI.create("wss://host");
        assertThat(Endpoints.connect(base, new BridgeRequest("a b")))
                .hasToString("wss://host/bridge/connect?deviceId=a%20b");
        assertThat(Endpoints.connect(base, new BridgeRequest("a", "x+y")))
                .hasToString("wss://host/bridge/connect?deviceId=a&requestData=x%2By");
        assertThat(Endpoints.accept(base, TOKEN, "")).hasToString("wss://host/bridge/accept?bridgeToken=Az09-_");
        assertThat(Endpoints.accept(base, TOKEN, "x"))
                .hasToString("wss://host/bridge/accept?bridgeToken=Az09-_&requestData=x");
        assertThat(Endpoints.reject(Endpoints.accept(base, TOKEN, ""), new Rejection(5, "no way")))
                .hasToString("wss://host/bridge/accept?bridgeToken=Az09-_&rejectCode=5&rejectReason=no%20way");
        assertThat(Endpoints.listen(base, "a")).hasToString("wss://host/bridge/listen?deviceId=a");
        assertThat(Endpoints.peer(NodeAddress.parse("ws://10.0.0.1:8080/base/")))
                .hasToString("ws://10.0.0.1:8080/base/bridge/peer");
    }

    @Test
    void base_withUserInfo_isRefusedWithoutShowingIt() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Endpoints.base(URI.create("wss://user:password@host")))
                .withMessageNotContaining("password");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Endpoints.base(URI.create("ftp://user:password@host")))
                .withMessageNotContaining("password");
    }
}
