package io.github.wsbridge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.NullAndEmptySource;
import org.junit.jupiter.params.provider.ValueSource;

class QueryTest {

    @ParameterizedTest
    @NullAndEmptySource
    @ValueSource(strings = {"&", "&&", "=", "=value", "&=&"})
    void parse_nothing_hasNoParameter(String raw) {
        assertThat(Query.parse(raw).get("deviceId")).isNull();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "NULL",
            value = {
                "a=b                 | b",
                "a                   | ''",
                "a=                  | ''",
                "x=1&a=b&y=2         | b",
                "a=b=c==             | b=c==",
                "%61=b               | b",
                "a=b+c%2B%20d        | 'b c+ d'",
                "a=%C3%A9%e2%82%ac   | é€",
                "a=%F0%9F%9A%80      | \uD83D\uDE80",
                "a=?/:@!$'()*,;      | ?/:@!$'()*,;",
                "A=b                 | NULL",
                "aa=b                | NULL",
            })
    void get_parameter_isDecoded(String raw, String value) {
        assertThat(Query.parse(raw.strip()).get("a")).isEqualTo(value);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a=%",
                "a=%4",
                "a=%4&b=1",
                "a=%g0",
                "a=%0g",
                "a=%-1",
                "a=%+1",
                "a=% 1",
                "a=%\uFF14\uFF11",
                "a=%4\u0661",
                "a=%FF",
                "a=%C3",
                "a=%C3x",
                "a=%C0%AF",
                "a=%ED%A0%80",
                "a=%F4%90%80%80",
                "a=é",
                "a=\uD83D",
                "é=1",
                "%=1",
                "a=1&a=2",
                "a&a",
                "a=1&%61=2",
            })
    void parse_garbled_isRefused(String raw) {
        assertThatIllegalArgumentException().isThrownBy(() -> Query.parse(raw));
    }

    @Test
    void parse_garbled_doesNotShowTheValue() {
        for (String raw : new String[] {"bridgeToken=secret%4", "a=secret&a=secret", "a=secret%FF", "a=secreté"}) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> Query.parse(raw))
                    .satisfies(e -> assertThat(e.getMessage()).doesNotContain("secret"));
        }
    }

    @Test
    void canonical_dependsOnNamesAndValuesOnly() {
        String canonical = "a=x%20y&b=%C3%BC%26%3D~".replace("~", "%7E") + "&c=";
        for (String raw : List.of(
                "b=%C3%BC%26%3D~&a=x%20y&c=&s=1", "s=2&c&a=x+y&b=%c3%bc%26%3d%7E", "c=&&b=%C3%BC%26=~&a=x%20y")) {
            assertThat(Query.parse(raw).canonical("s")).as(raw).isEqualTo(canonical);
        }
        assertThat(Query.parse("a=1&a-b=2&A=3").canonical("s")).isEqualTo("A=3&a-b=2&a=1");
        assertThat(Query.parse("a=1%26b%3D2").canonical("s"))
                .isNotEqualTo(Query.parse("a=1&b=2").canonical("s"));
        assertThat(Query.parse(null).canonical("s")).isEmpty();
    }
}
