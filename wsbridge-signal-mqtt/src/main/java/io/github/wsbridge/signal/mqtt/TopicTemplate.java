package io.github.wsbridge.signal.mqtt;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/**
 * A topic with one place for a name. What is put there is escaped: letters and digits of ASCII and {@code - _ . ~ :} stand for
 * themselves, each other byte of the name's UTF-8 becomes {@code %} and two upper-case hexadecimal digits. So no two names
 * give one topic, and no name adds a level or a wildcard.
 *
 * @param before what stands before the name
 * @param after what stands after it
 */
record TopicTemplate(String before, String after) {

    /** The longest topic that MQTT can carry, in bytes. */
    private static final int MAX_BYTES = 65_535;

    private static final String SAFE = "-_.~:";
    private static final HexFormat HEX = HexFormat.of().withUpperCase();

    /**
     * Reads a template.
     *
     * @throws IllegalArgumentException if {@code placeholder} does not stand in it exactly once, or no topic may look like that
     */
    static TopicTemplate parse(String template, String placeholder) {
        int at = template.indexOf(placeholder);
        if (at < 0 || template.indexOf(placeholder, at + 1) >= 0) {
            throw new IllegalArgumentException("a topic template holds " + placeholder + " once");
        }
        TopicTemplate read =
                new TopicTemplate(template.substring(0, at), template.substring(at + placeholder.length()));
        String rest = read.before + read.after;
        if (rest.startsWith("$") || rest.chars().anyMatch(c -> c == '+' || c == '#' || Character.isISOControl(c))) {
            throw new IllegalArgumentException(
                    "a topic does not begin with $ and holds neither wildcards nor control characters");
        }
        utf8(rest);
        return read;
    }

    /**
     * The topic of a name.
     *
     * @throws IllegalArgumentException if the name is empty, not whole Unicode, or too long for a topic
     */
    String of(String name) {
        String topic = before + escape(name) + after;
        if (name.isEmpty() || utf8(topic).remaining() > MAX_BYTES) {
            throw new IllegalArgumentException("no topic can be made of an empty or endless name");
        }
        return topic;
    }

    /** Tells whether a topic may have come out of this template: one level's part in the name's place, no more. */
    boolean matches(String topic) {
        return topic.length() > before.length() + after.length()
                && topic.startsWith(before)
                && topic.endsWith(after)
                && topic.substring(before.length(), topic.length() - after.length())
                        .chars()
                        .allMatch(c -> safe(c) || c == '%');
    }

    /** A name as it stands in a topic. */
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

    /** Strict: a lone surrogate would otherwise become a question mark, and two names one. */
    private static ByteBuffer utf8(String text) {
        try {
            return StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text));
        } catch (CharacterCodingException e) {
            throw new IllegalArgumentException("not whole Unicode", e);
        }
    }
}
