package io.github.wsbridge.wire.websocket;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.spi.Admission;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RequestHeadTest {

    private static final String GOOD = "GET /a?b=%20 HTTP/1.1\r\nHost: h\r\nX_!~1:\t\u00e9 x\r\nempty:\r\n\r\n";

    private final RequestHead head = new RequestHead(1_000);

    /** Returns how many bytes were taken before the last. */
    private int feed(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
        int taken = 0;
        while (taken < bytes.length && head.next(bytes[taken])) {
            taken++;
        }
        return taken;
    }

    private Admission.@Nullable Refused refusal(String text) {
        feed(text);
        assertThat(head.complete()).isFalse();
        return head.refusal();
    }

    @Test
    void next_wellFormed_endsWithTheHead() {
        assertThat(feed(GOOD + "frames")).isEqualTo(GOOD.length() - 1);
        assertThat(head.complete()).isTrue();
        assertThat(head.refusal()).isNull();
    }

    @Test
    void next_incomplete_saysNothing() {
        feed(GOOD.substring(0, GOOD.length() - 1));
        assertThat(head.complete()).isFalse();
        assertThat(head.refusal()).isNull();
    }

    @ParameterizedTest(name = "{index}")
    @ValueSource(
            strings = {
                "\u0016\u0003\u0001", // TLS
                " GET / HTTP/1.1\r\n",
                "\r\n\r\nGET / HTTP/1.1\r\n",
                "GE(T / HTTP/1.1\r\n",
                "GET  HTTP/1.1\r\n",
                "GET /\u00e9 HTTP/1.1\r\n",
                "GET /\r\n",
                "GET / HTTP/2.0\r\n",
                "GET / HTTP/1.10\r\n",
                "GET / HTTP/1.1 \r\n",
                "GET / HTTP/1.1\nHost: h\n\n",
                "GET / HTTP/1.1\r\rHost: h",
                "GET / HTTP/1.1\r\n folded\r\n",
                "GET / HTTP/1.1\r\nA: b\r\n folded\r\n",
                "GET / HTTP/1.1\r\nA: b\r\n\tfolded\r\n",
                "GET / HTTP/1.1\r\nA : b\r\n",
                "GET / HTTP/1.1\r\n: b\r\n",
                "GET / HTTP/1.1\r\nA\r\n",
                "GET / HTTP/1.1\r\nA: b\rC: d\r\n",
                "GET / HTTP/1.1\r\nA: b\nC: d\r\n",
                "GET / HTTP/1.1\r\nA: \0\r\n",
                "GET / HTTP/1.1\r\nA: \u007f\r\n",
                "GET / HTTP/1.1\r\nA: b\r\n\rx",
            })
    void next_malformed_isRefused(String text) {
        assertThat(refusal(text)).isEqualTo(ServerUpgrade.MALFORMED);
    }

    @Test
    void next_manyFields_areRefused() {
        String line = "GET / HTTP/1.1\r\n";
        feed(line + "a:\r\n".repeat(RequestHead.MOST_FIELDS));
        assertThat(head.refusal()).isNull();
        assertThat(refusal("a")).isEqualTo(ServerUpgrade.TOO_LARGE);
    }

    @Test
    void next_long_isRefused() {
        feed("GET /" + "x".repeat(995));
        assertThat(head.refusal()).isNull();
        assertThat(refusal("x")).isEqualTo(ServerUpgrade.TOO_LARGE);
    }
}
