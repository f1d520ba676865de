package io.github.wsbridge.core.admission;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.github.wsbridge.Endpoints;
import io.github.wsbridge.spi.Handshake;
import io.github.wsbridge.spi.Peer;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BrowserRulesTest {

    private static @Nullable String refusal(BrowserRules rules, String peer, Map<String, List<String>> fields) {
        return rules.refusal(
                new Handshake(
                        Endpoints.LISTEN, null, true, name -> fields.getOrDefault(name, List.of()), new Peer(peer)),
                false);
    }

    private static @Nullable String from(BrowserRules rules, String... origins) {
        return refusal(rules, "192.0.2.1:7", Map.of("Origin", List.of(origins)));
    }

    @Test
    void origin_byDefault_isRefused_whateverItIs() {
        BrowserRules rules = new BrowserRules(List.of(), null);
        assertThat(from(rules)).isNull();
        for (String origin : List.of("https://evil.example", "null", "", "http://127.0.0.1:8080", "*")) {
            assertThat(from(rules, origin)).as(origin).contains("--allow-origin");
        }
    }

    @Test
    void origin_ofTheList_isAllowed_andNothingThatResemblesIt() {
        BrowserRules rules =
                new BrowserRules(List.of("https://Console.example.com:443", "http://127.0.0.1:8080"), null);
        assertThat(from(rules, "https://console.example.com")).isNull();
        assertThat(from(rules, "http://127.0.0.1:8080")).isNull();
        for (String other : List.of(
                "http://console.example.com",
                "https://console.example.com.evil.example",
                "https://console.example.com:8443",
                "https://console.example.com/",
                "http://127.0.0.1",
                "null",
                "*")) {
            assertThat(from(rules, other)).as(other).isNotNull();
        }
        assertThat(from(rules, "https://console.example.com", "https://console.example.com"))
                .as("twice")
                .isNotNull();
        assertThat(from(new BrowserRules(List.of("*"), null), "null")).isNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "console.example.com", "https://a/", "https://a?b", "https://u@a", "https://", "a b", "null"
            })
    void allowOrigin_noOrigin_isAnError(String text) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new BrowserRules(List.of(text), null))
                .withMessageContaining("'" + text + "'");
    }

    @ParameterizedTest
    @CsvSource({
        "localhost, true",
        "LocalHost:8080, true",
        "127.0.0.1:8080, true",
        "127.9.9.9, true",
        "[::1]:8080, true",
        "[::1], true",
        "bridge.example.com, true",
        "bridge.example.com:8443, true",
        "evil.example:8080, false",
        "localhost.evil.example, false",
        "127.0.0.1.evil.example, false",
        "bridge.example.com.evil.example, false",
        "192.0.2.7, false",
        "'', false",
        "[::2], false",
    })
    void host_ofAnInsecureNode_mustBeItsName(String host, boolean allowed) {
        BrowserRules rules = new BrowserRules(List.of(), List.of("Bridge.example.com"));
        for (String here : List.of("127.0.0.1:5", "[::1]:5", "0:0:0:0:0:0:0:1:5", "127.0.0.1", "[::1]")) {
            assertThat(refusal(rules, here, Map.of("Host", List.of(host))) == null)
                    .as("%s from %s", host, here)
                    .isEqualTo(allowed);
        }
        for (String elsewhere : List.of("192.0.2.7:5", "in-process", "")) {
            assertThat(refusal(rules, elsewhere, Map.of("Host", List.of(host)))).isNull();
        }
        assertThat(refusal(new BrowserRules(List.of(), null), "127.0.0.1:5", Map.of("Host", List.of(host))))
                .isNull();
    }

    @Test
    void host_twice_isRefused() {
        BrowserRules rules = new BrowserRules(List.of(), List.of());
        assertThat(refusal(rules, "127.0.0.1:5", Map.of("Host", List.of("localhost", "localhost"))))
                .isNotNull();
    }
}
