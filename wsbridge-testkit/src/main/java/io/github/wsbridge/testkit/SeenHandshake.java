package io.github.wsbridge.testkit;

import io.github.wsbridge.spi.Headers;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The head of an HTTP message as it appeared on the wire.
 *
 * @param startLine the first line
 * @param headers the header fields
 */
public record SeenHandshake(String startLine, Headers headers) {

    static SeenHandshake parse(String head) {
        String[] lines = head.split("\r\n");
        Map<String, List<String>> fields = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        for (int i = 1; i < lines.length; i++) {
            int colon = lines[i].indexOf(':');
            if (colon > 0) {
                fields.computeIfAbsent(lines[i].substring(0, colon), name -> new ArrayList<>())
                        .add(lines[i].substring(colon + 1).strip());
            }
        }
        return new SeenHandshake(lines[0], name -> fields.getOrDefault(name, List.of()));
    }

    /** Returns the requested path, as it appeared on the wire. */
    public String path() {
        String target = target();
        int mark = target.indexOf('?');
        return mark < 0 ? target : target.substring(0, mark);
    }

    /** Returns the query, as it appeared on the wire; null if there was none. */
    public @Nullable String rawQuery() {
        String target = target();
        int mark = target.indexOf('?');
        return mark < 0 ? null : target.substring(mark + 1);
    }

    /** Returns the status of a response; 0 if the start line has none. */
    int status() {
        String[] words = startLine.split(" ");
        return words.length > 1 && words[0].startsWith("HTTP/1.") && words[1].matches("[1-5][0-9][0-9]")
                ? Integer.parseInt(words[1])
                : 0;
    }

    private String target() {
        String[] words = startLine.split(" ");
        return words.length > 1 ? words[1] : "";
    }
}
