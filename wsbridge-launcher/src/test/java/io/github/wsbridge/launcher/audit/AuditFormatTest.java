package io.github.wsbridge.launcher.audit;

import static org.assertj.core.api.Assertions.assertThat;

import com.grack.nanojson.JsonParser;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class AuditFormatTest {

    private static final Instant TIME = Instant.parse("2026-01-02T03:04:05.678Z");
    private final Map<String, Object> values = new LinkedHashMap<>();

    @Test
    void text_quotesWhatCouldBreakTheLine() {
        values.put("device", "plant-7/pump");
        values.put("reason", "no\n2026-01-02T03:04:05.678Z AUDIT end \"");
        values.put("from", "[2001:db8::1]:50123");
        assertThat(AuditFormat.TEXT.line(TIME, "end", values))
                .isEqualTo("2026-01-02T03:04:05.678Z AUDIT end device=plant-7/pump"
                        + " reason=\"no\\n2026-01-02T03:04:05.678Z AUDIT end \\\"\" from=[2001:db8::1]:50123\n");
    }

    @Test
    void json_isOneObjectOnOneLine() throws Exception {
        values.put("reason", "line\nbreak");
        values.put("millis", 12L);
        String line = AuditFormat.JSON.line(TIME, "end", values);
        assertThat(line).endsWith("}\n").doesNotContain("\nbreak");
        assertThat(JsonParser.object().from(line))
                .containsEntry("time", "2026-01-02T03:04:05.678Z")
                .containsEntry("event", "end")
                .containsEntry("reason", "line\nbreak")
                .containsEntry("millis", 12);
    }
}
