package io.github.wsbridge.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.TypeConversionException;

class QuantitiesTest {

    @ParameterizedTest
    @CsvSource({"500ms,PT0.5S", "30s,PT30S", "5m,PT5M", "2h,PT2H", "0s,PT0S", "999999999s,PT277777H46M39S"})
    void duration_unit_counts(String text, Duration expected) {
        assertThat(Quantities.duration(text)).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "30", "s", "-1s", "1.5s", "1d", "9999999999s", "999999999h", "876601h"})
    void duration_anythingElse_isRefused(String text) {
        assertThatThrownBy(() -> Quantities.duration(text)).isInstanceOf(TypeConversionException.class);
    }

    @ParameterizedTest
    @CsvSource({
        "512,512",
        "1k,1024",
        "8MiB,8388608",
        "8mb,8388608",
        "1GiB,1073741824",
        "2G,2147483648",
        "1TiB,1099511627776"
    })
    void bytes_unit_isAPowerOf1024(String text, long expected) {
        assertThat(Quantities.bytes(text).count()).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "0", "-1", "1.5G", "1X", "G", "99999999999T"})
    void bytes_anythingElse_isRefused(String text) {
        assertThatThrownBy(() -> Quantities.bytes(text)).isInstanceOf(TypeConversionException.class);
    }

    @ParameterizedTest
    @CsvSource({"0,0 bytes", "1023,1023 bytes", "1024,1 KiB", "1536,1.5 KiB", "1073741824,1 GiB", "68157440,65 MiB"})
    void show_size_isShort(long bytes, String expected) {
        assertThat(Quantities.show(bytes)).isEqualTo(expected);
    }
}
