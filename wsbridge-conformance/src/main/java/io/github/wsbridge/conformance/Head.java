package io.github.wsbridge.conformance;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The start of an HTTP message.
 *
 * @param start the request line or the status line
 * @param fields the header fields in order, each name in lower case
 */
record Head(String start, List<Field> fields) {

    /** A header field. */
    record Field(String name, String value) {}

    static Head parse(String text) throws Report.Broken {
        String[] lines = text.split("\r\n", -1);
        List<Field> fields = new ArrayList<>();
        for (int i = 1; i < lines.length - 2; i++) {
            int colon = lines[i].indexOf(':');
            Report.expect(colon > 0, "no header field: " + lines[i]);
            fields.add(new Field(
                    lines[i].substring(0, colon).toLowerCase(Locale.ROOT),
                    lines[i].substring(colon + 1).strip()));
        }
        return new Head(lines[0], fields);
    }

    /** Returns all values of a field. */
    List<String> all(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        return fields.stream()
                .filter(field -> field.name.equals(lower))
                .map(Field::value)
                .toList();
    }

    /** Returns the values of a field, joined with commas; empty if there is none. */
    String value(String name) {
        return String.join(", ", all(name));
    }

    /** Returns whether a comma-separated field contains a word, whatever its case. */
    boolean contains(String name, String word) {
        for (String part : value(name).split(",", -1)) {
            if (part.strip().equalsIgnoreCase(word)) {
                return true;
            }
        }
        return false;
    }
}
