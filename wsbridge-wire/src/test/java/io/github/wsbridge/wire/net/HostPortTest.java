package io.github.wsbridge.wire.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HostPortTest {

    @ParameterizedTest
    @CsvSource({"localhost:80,localhost,80", "[::1]:0,::1,0", "10.0.0.1:65535,10.0.0.1,65535"})
    void parse_address_isReadAndWritten(String text, String host, int port) {
        assertThat(HostPort.parse(text)).isEqualTo(new HostPort(host, port)).hasToString(text);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "80",
                ":80",
                "host:",
                "host:65536",
                "host:-1",
                "host:+1",
                "::1:80",
                "[host]:80",
                "host:x",
                " :1"
            })
    void parse_anythingElse_isRefused(String text) {
        assertThatThrownBy(() -> HostPort.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'" + text + "' is not HOST:PORT");
    }

    @ParameterizedTest
    @CsvSource({"127.0.0.1:80,true", "[::1]:80,true", "localhost:80,false", "1.2.3.4.example:80,false"})
    void isAddress_isTrueOnlyForIpAddresses(String text, boolean expected) {
        assertThat(HostPort.parse(text).isAddress()).isEqualTo(expected);
    }
}
