package io.github.wsbridge;

import java.util.HashSet;
import java.util.Set;

/**
 * The place in a distributed trace from which the next step continues, as W3C Trace Context writes it. It comes from
 * outside, so nothing may depend on it but traces; what it says is kept in one way of writing, and only if it is valid.
 *
 * @param traceparent version 00 of the header field of that name; empty if there is no trace
 * @param tracestate what the tracing systems on the way have added; may be empty
 */
public record TraceContext(String traceparent, String tracestate) {

    /** The name of the header field, and of the member of messages, for {@link #traceparent}. */
    public static final String TRACEPARENT = "traceparent";

    /** The name of the header field, and of the member of messages, for {@link #tracestate}. */
    public static final String TRACESTATE = "tracestate";

    /** No trace. */
    public static final TraceContext NONE = new TraceContext("", "");

    /** The maximum length of {@code tracestate}: what is longer is left out. */
    public static final int MAX_TRACESTATE = 512;

    private static final int LENGTH = 55; // of a traceparent of version 00
    private static final int MAX_LENGTH = 256; // of one of a later version
    private static final int MAX_MEMBERS = 32;
    private static final int MAX_KEY = 256;
    private static final int MAX_VALUE = 256;
    private static final int KNOWN_FLAGS = 3; // sampled, random

    /** @throws IllegalArgumentException if either is not as {@link #of} returns it */
    public TraceContext {
        if (!traceparent.equals(canonicalParent(traceparent))
                || !tracestate.equals(traceparent.isEmpty() ? "" : canonicalState(tracestate))) {
            throw new IllegalArgumentException("not a trace context");
        }
    }

    /**
     * Reads what somebody else has written. A {@code traceparent} of a later version is read as one of version 00, as
     * far as that goes, and unknown flags are cleared. If it is malformed, there is no trace; a {@code tracestate} that
     * is malformed, or longer than {@value #MAX_TRACESTATE} characters, is left out.
     *
     * @param tracestate several fields of this name are joined with commas
     */
    public static TraceContext of(String traceparent, String tracestate) {
        String parent = canonicalParent(traceparent);
        return parent.isEmpty() ? NONE : new TraceContext(parent, canonicalState(tracestate));
    }

    /** Returns whether there is a trace. */
    public boolean present() {
        return !traceparent.isEmpty();
    }

    /** Returns the id of the trace, 32 lower-case hexadecimal digits; empty if there is none. */
    public String traceId() {
        return present() ? traceparent.substring(3, 35) : "";
    }

    private static String canonicalParent(String text) {
        if (text.length() < LENGTH
                || text.length() > MAX_LENGTH
                || !hex(text, 0, 2)
                || text.charAt(2) != '-'
                || !hex(text, 3, 35)
                || text.charAt(35) != '-'
                || !hex(text, 36, 52)
                || text.charAt(52) != '-'
                || !hex(text, 53, LENGTH)) {
            return "";
        }
        boolean first = text.startsWith("00");
        if (text.startsWith("ff")
                || text.length() > LENGTH && (first || text.charAt(LENGTH) != '-')
                || zero(text, 3, 35)
                || zero(text, 36, 52)) {
            return "";
        }
        int flags = Character.digit(text.charAt(54), 16) & KNOWN_FLAGS;
        return "00" + text.substring(2, 53) + "0" + flags;
    }

    /** Only lower-case digits are valid. */
    private static boolean hex(String text, int from, int to) {
        for (int i = from; i < to; i++) {
            char c = text.charAt(i);
            if ((c < '0' || c > '9') && (c < 'a' || c > 'f')) {
                return false;
            }
        }
        return true;
    }

    private static boolean zero(String text, int from, int to) {
        for (int i = from; i < to; i++) {
            if (text.charAt(i) != '0') {
                return false;
            }
        }
        return true;
    }

    private static String canonicalState(String text) {
        if (text.isEmpty() || text.length() > MAX_TRACESTATE) {
            return "";
        }
        StringBuilder members = new StringBuilder();
        Set<String> keys = new HashSet<>();
        for (String part : text.split(",")) {
            String member = trimmed(part);
            if (member.isEmpty()) {
                continue;
            }
            int equals = member.indexOf('=');
            if (equals < 0
                    || !isKey(member.substring(0, equals))
                    || !isValue(member.substring(equals + 1))
                    || !keys.add(member.substring(0, equals))
                    || keys.size() > MAX_MEMBERS) {
                return "";
            }
            members.append(members.isEmpty() ? "" : ",").append(member);
        }
        return members.toString();
    }

    /** Removes spaces and tabs, which may surround a member. */
    private static String trimmed(String part) {
        int from = 0;
        int to = part.length();
        while (from < to && (part.charAt(from) == ' ' || part.charAt(from) == '\t')) {
            from++;
        }
        while (from < to && (part.charAt(to - 1) == ' ' || part.charAt(to - 1) == '\t')) {
            to--;
        }
        return part.substring(from, to);
    }

    private static boolean isKey(String key) {
        return !key.isEmpty()
                && key.length() <= MAX_KEY
                && key.charAt(0) != '@'
                && key.chars().allMatch(c -> c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || "_-*/@".indexOf(c) >= 0);
    }

    private static boolean isValue(String value) {
        return !value.isEmpty()
                && value.length() <= MAX_VALUE
                && value.chars().allMatch(c -> c >= ' ' && c <= '~' && c != ',' && c != '=');
    }
}
