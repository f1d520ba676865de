package io.github.wsbridge.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ReadyLineTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "node ready: listens on 127.0.0.1:8080, address ws://10.0.0.1:81, INSECURE: open to everyone | 8080",
                "node ready: listens on [::1]:8080, address ws://[::1]:8080 | 8080",
                "tunnel ready: 127.0.0.1:4022 forwards to ssh on pi-7 | 4022",
                "tunnel ready: [0:0:0:0:0:0:0:1]:4022 forwards to 10.0.0.1:22 on pi-7 | 4022",
                "port ready: 127.0.0.1:5432 forwards to database on pi-7 | 5432",
                "tunnel ready: localhost:4022 | 4022"
            })
    void port_isThatOfTheFirstAddress(String line, int port) throws IOException {
        assertThat(ReadyLine.port(line)).isEqualTo(port);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "tunnel ready: ", "device ready: pi-7 listens at ws://127.0.0.1:8080"})
    void port_withoutAddress_fails(String line) {
        assertThatThrownBy(() -> ReadyLine.port(line)).isInstanceOf(IOException.class);
    }
}
