package io.github.wsbridge.launcher.audit;

import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonWriter;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.regex.Pattern;

/** How an entry is written: on one line, which ends with a newline. Whatever a client chose cannot break the line. */
public enum AuditFormat {
    /** Time, {@code AUDIT}, the event, and {@code key=value} for each value; in quotes, as in JSON, if needed. */
    TEXT {
        @Override
        String line(Instant time, String event, Map<String, ?> values) {
            StringBuilder line =
                    new StringBuilder(stamp(time)).append(" AUDIT ").append(event);
            values.forEach((name, value) -> {
                String text = value.toString();
                line.append(' ')
                        .append(name)
                        .append('=')
                        .append(PLAIN.matcher(text).matches() ? text : JsonWriter.string(text));
            });
            return line.append('\n').toString();
        }
    },
    /** An object of JSON with {@code time}, {@code event} and the values. */
    JSON {
        @Override
        String line(Instant time, String event, Map<String, ?> values) {
            JsonObject entry = new JsonObject();
            entry.put("time", stamp(time));
            entry.put("event", event);
            entry.putAll(values);
            return JsonWriter.string(entry) + "\n";
        }
    };

    private static final Pattern PLAIN = Pattern.compile("[0-9A-Za-z._:/@+\\[\\]-]+");

    /** Returns the entry that says how many others could not be written. */
    public String dropped(Instant time, long count) {
        return line(time, "dropped", Map.of("count", count));
    }

    abstract String line(Instant time, String event, Map<String, ?> values);

    private static String stamp(Instant time) {
        return time.truncatedTo(ChronoUnit.MILLIS).toString();
    }
}
