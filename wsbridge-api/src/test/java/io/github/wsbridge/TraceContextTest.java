package io.github.wsbridge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TraceContextTest {

    private static final String IDS = "-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-";
    private static final String PARENT = "00" + IDS + "01";

    @Test
    void of_valid_isKept() {
        TraceContext trace = TraceContext.of(PARENT, "rojo=00f067aa0ba902b7,congo@x=t61rcWkgMzE");
        assertThat(trace.traceparent()).isEqualTo(PARENT);
        assertThat(trace.tracestate()).isEqualTo("rojo=00f067aa0ba902b7,congo@x=t61rcWkgMzE");
        assertThat(trace.present()).isTrue();
        assertThat(trace.traceId()).isEqualTo("0af7651916cd43dd8448eb211c80319c");
    }

    @ParameterizedTest
    @CsvSource({"00, 00, 00", "00, ff, 03", "cc, 01, 01", "cc, 01-what-the-future-will-be-like, 01"})
    void of_unknownFlagsOrLaterVersion_isReadAsVersion00(String version, String rest, String flags) {
        assertThat(TraceContext.of(version + IDS + rest, "").traceparent()).isEqualTo("00" + IDS + flags);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "00",
                "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
                "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01.more",
                "00-0AF7651916CD43DD8448EB211C80319C-B7AD6B7169203331-01",
                "00-00000000000000000000000000000000-b7ad6b7169203331-01",
                "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
                "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0",
                "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0g",
                "00-0af7651916cd43dd8448eb211c80319c_b7ad6b7169203331-01",
                "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\nX-Api-Key: k",
                " 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                "0٠-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
            })
    void of_malformed_isNone(String traceparent) {
        assertThat(TraceContext.of(traceparent, "a=1")).isSameAs(TraceContext.NONE);
        if (!traceparent.isEmpty()) {
            assertThatThrownBy(() -> new TraceContext(traceparent, ""))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageNotContaining("Key");
        }
    }

    @Test
    void of_oversized_isNone() {
        assertThat(TraceContext.of("cc" + IDS + "01-" + "x".repeat(1_000_000), ""))
                .isSameAs(TraceContext.NONE);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"a", "=1", "a=", "A=1", "a=1,a=2", "a=b=c", "a=1\r\nX: y", "a=\u00fc", "@a=1", "a=\0", "a b=1"})
    void tracestate_malformed_isLeftOut(String tracestate) {
        assertThat(TraceContext.of(PARENT, tracestate)).isEqualTo(new TraceContext(PARENT, ""));
        assertThatThrownBy(() -> new TraceContext(PARENT, tracestate)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void tracestate_isNormalised() {
        assertThat(TraceContext.of(PARENT, " a=1\t,, b=2 ,").tracestate()).isEqualTo("a=1,b=2");
    }

    @Test
    void tracestate_tooLongOrTooMany_isLeftOut() {
        String longest = "a=" + "x".repeat(250) + ",b=" + "x".repeat(250) + ",c=123";
        assertThat(longest).hasSizeBetween(500, TraceContext.MAX_TRACESTATE);
        assertThat(TraceContext.of(PARENT, longest).tracestate()).isEqualTo(longest);
        assertThat(TraceContext.of(PARENT, longest + "4567").tracestate()).isEmpty();
        assertThat(TraceContext.of(PARENT, members(32)).tracestate()).isNotEmpty();
        assertThat(TraceContext.of(PARENT, members(33)).tracestate()).isEmpty();
    }

    private static String members(int count) {
        return IntStream.range(0, count).mapToObj(i -> "k" + i + "=v").collect(Collectors.joining(","));
    }
}
