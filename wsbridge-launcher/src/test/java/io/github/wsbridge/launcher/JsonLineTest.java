package io.github.wsbridge.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonParser;
import java.io.IOException;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.slf4j.MDC;

/** Log entries in JSON. */
final class JsonLineTest {

    @AfterEach
    void clear() {
        MDC.clear();
    }

    private static JsonObject written(LogRecord log, boolean traces) throws Exception {
        String line = new JsonLine(traces).format(log);
        assertThat(line.strip().lines()).as("one line").hasSize(1);
        return JsonParser.object().from(line);
    }

    @Test
    void entry_isOneObject_withTheContext() throws Exception {
        MDC.put("bridge", "59d0");
        MDC.put("level", "forged");
        LogRecord log = new LogRecord(Level.WARNING, "two\nlines and a \u001b[31m");
        log.setLoggerName("io.github.wsbridge.core.NodeEvents");
        JsonObject entry = written(log, false);
        assertThat(entry.getString("level")).isEqualTo("WARN");
        assertThat(entry.getString("logger")).isEqualTo("io.github.wsbridge.core.NodeEvents");
        assertThat(entry.getString("message")).isEqualTo("two\nlines and a \u001b[31m");
        assertThat(entry.getString("bridge")).isEqualTo("59d0");
        assertThat(entry.getString("time")).endsWith("Z");
        assertThat(entry.has("error")).isFalse();
    }

    @Test
    void entry_ofAFailure_saysWhy_andWhereIfWanted() throws Exception {
        LogRecord log = new LogRecord(Level.SEVERE, "cannot");
        log.setThrown(new IOException("the disk is full"));
        assertThat(written(log, false).getString("error")).isEqualTo("the disk is full");
        assertThat(written(log, false).has("trace")).isFalse();
        assertThat(written(log, true).getString("trace")).contains("JsonLineTest");
    }
}
