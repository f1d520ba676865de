package io.github.wsbridge.signal.mqtt;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/**
 * A topic with one placeholder for a name. The name is escaped: ASCII letters and digits and {@code - _ . ~ :} are
 * unchanged, and each other byte of its UTF-8 form becomes {@code %} and two upper-case hexadecimal digits. So
 * different names yield different topics, and no name adds a level or a wildcard.
 *
 * @param before the part before the name
 * @param after the part after the name
 */
record TopicTemplate(String before, String after) {

    /** The maximum length of an MQTT topic, in bytes. */
    private static final int MAX_BYTES = 65_535;

    private static final String SAFE = "-_.~:";
    private static final HexFormat HEX = HexFormat.of().withUpperCase();

    /**
     * Parses a template.
     *
     * @throws IllegalArgumentException if {@code placeholder} does not appear in it exactly once, or the result is not
     *     a valid topic
     */
    static TopicTemplate parse(String template, String placeholder) {
        int at = template.indexOf(placeholder);
        if (at < 0 || template.indexOf(placeholder, at + 1) >= 0) {
            throw new IllegalArgumentException("a topic template must contain " + placeholder + " exactly once");
        }
        TopicTemplate read =
                new TopicTemplate(template.substring(0, at), template.substring(at + placeholder.length()));
        String rest = read.before + read.after;
        if (rest.startsWith("$") || rest.chars().anyMatch(c -> c == '+' || c == '#' || Character.isISOControl(c))) {
            throw new IllegalArgumentException(
                    "a topic must not start with $ or contain wildcards or control characters");
        }
        utf8(rest);
        return read;
    }

    /**
     * Returns the topic for a name.
     *
     * @throws IllegalArgumentException if the name is empty, not valid Unicode, or too long for a topic
     */
    String of(String name) {
        String topic = before + escape(name) + after;
        if (name.isEmpty() || utf8(topic).remaining() > MAX_BYTES) {
            throw new IllegalArgumentException("the name is empty or too long for a topic");
        }
        return topic;
    }

    /** Returns whether a topic matches this template, with part of a single level in place of the name. */
    boolean matches(String topic) {
        return topic.length() > before.length() + after.length()
                && topic.startsWith(before)
                && topic.endsWith(after)
                && topic.substring(before.length(), topic.length() - after.length())
                        .chars()
                        .allMatch(c -> safe(c) || c == '%');
    }

    /** Escapes a name for use in a topic. */
    static String escape(String name) {
        StringBuilder escaped = new StringBuilder(name.length() + 16);
        ByteBuffer bytes = utf8(name);
        while (bytes.hasRemaining()) {
            byte b = bytes.get();
            if (safe(b)) {
                escaped.append((char) b);
            } else {
                escaped.append('%').append(HEX.toHexDigits(b));
            }
        }
        return escaped.toString();
    }

    private static boolean safe(int c) {
        return c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || SAFE.indexOf(c) >= 0;
    }

    /** Encodes strictly: otherwise a lone surrogate would become a question mark, and different names the same. */
    private static ByteBuffer utf8(String text) {
        try {
            return StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text));
        } catch (CharacterCodingException e) {
            throw new IllegalArgumentException("not valid Unicode", e);
        }
    }
}
