package io.github.wsbridge.wire.trace;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.TraceContext;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TraceFieldsTest {

    private static final String PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    private static TraceContext read(List<String> parents, List<String> states) {
        return TraceFields.read(name -> name.equals(TraceContext.TRACEPARENT) ? parents : states);
    }

    @Test
    void read_severalStates_areJoined_severalParentsAreNone() {
        assertThat(read(List.of(PARENT), List.of("a=1", "b=2"))).isEqualTo(TraceContext.of(PARENT, "a=1,b=2"));
        assertThat(read(List.of(PARENT, PARENT), List.of())).isEqualTo(TraceContext.NONE);
        assertThat(read(List.of(), List.of("a=1"))).isEqualTo(TraceContext.NONE);
    }

    @Test
    void with_replacesOthersOfTheSameName() {
        Map<String, String> own = Map.of("Traceparent", "mine", "X-Api-Key", "k");
        assertThat(TraceFields.with(TraceContext.of(PARENT, ""), own))
                .isEqualTo(Map.of("traceparent", PARENT, "X-Api-Key", "k"));
        assertThat(TraceFields.with(TraceContext.NONE, own)).isSameAs(own);
    }
}
