package io.github.wsbridge.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.handler.codec.http2.DefaultHttp2Headers;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class StreamFieldsTest {

    @ParameterizedTest
    @CsvSource({
        "ssh, ssh",
        "'', -",
        "-, %2D",
        "127.0.0.1:22, 127.0.0.1:22",
        "[::1]:22, [::1]:22",
        "a b/c?d#e@f%, a%20b%2Fc%3Fd%23e%40f%25",
        "ä€, %C3%A4%E2%82%AC"
    })
    void authority_ofRequestData(String requestData, String authority) {
        assertThat(StreamFields.authority(requestData)).isEqualTo(authority);
        assertThat(StreamFields.requestData(authority)).isEqualTo(requestData);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "%", "%4", "%4x", "%FF", "%C3"})
    void requestData_malformed_isNone(String authority) {
        assertThat(StreamFields.requestData(authority)).isNull();
    }

    @Test
    void requestData_missing_isNone() {
        assertThat(StreamFields.requestData(null)).isNull();
    }

    @ParameterizedTest
    @CsvSource({"404, 404, ", "599, 599, ", "399, 403, 399", "600, 403, 600", "0, 403, 0", "9999, 403, 9999"})
    void rejected_saysTheCode(int code, String status, String own) {
        var fields = StreamFields.rejected(code);

        assertThat(fields.status()).hasToString(status);
        assertThat(fields.get(StreamFields.CODE)).satisfies(value -> {
            if (own == null) {
                assertThat(value).isNull();
            } else {
                assertThat(value).hasToString(own);
            }
        });
        assertThat(StreamFields.code(fields, StreamFields.status(fields))).isEqualTo(code);
    }

    @ParameterizedTest
    @CsvSource({"-1", "10000", "x"})
    void code_invalid_isTheStatus(String own) {
        assertThat(StreamFields.code(new DefaultHttp2Headers().set(StreamFields.CODE, own), 418))
                .isEqualTo(418);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "20", "2000", "2x0"})
    void status_malformed_isNone(String status) {
        assertThat(StreamFields.status(new DefaultHttp2Headers(false).status(status)))
                .isZero();
    }
}
