package io.github.wsbridge.launcher;

import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonWriter;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.logging.Formatter;
import java.util.logging.LogRecord;
import org.slf4j.MDC;

/**
 * Formats a record as an object of JSON on one line: {@code time}, {@code level}, {@code logger}, {@code message}, what
 * the logging thread has in its context, such as {@code bridge} and {@code principal}, and {@code error}, with
 * {@code trace} if traces are wanted.
 */
final class JsonLine extends Formatter {

    private final boolean traces;

    JsonLine(boolean traces) {
        this.traces = traces;
    }

    @Override
    public String format(LogRecord log) {
        JsonObject entry = new JsonObject();
        entry.put("time", log.getInstant().truncatedTo(ChronoUnit.MILLIS).toString());
        entry.put("level", Logs.Line.level(log.getLevel()));
        entry.put("logger", log.getLoggerName() == null ? "" : log.getLoggerName());
        entry.put("message", formatMessage(log));
        Map<String, String> context = MDC.getCopyOfContextMap(); // entries are formatted by the thread that logs
        if (context != null) {
            context.forEach(entry::putIfAbsent);
        }
        Throwable thrown = log.getThrown();
        if (thrown != null) {
            entry.put("error", Failures.describe(thrown));
            if (traces) {
                StringWriter trace = new StringWriter();
                thrown.printStackTrace(new PrintWriter(trace));
                entry.put("trace", trace.toString());
            }
        }
        return JsonWriter.string(entry) + System.lineSeparator();
    }
}
