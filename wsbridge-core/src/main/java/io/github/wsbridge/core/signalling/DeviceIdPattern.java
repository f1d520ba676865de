package io.github.wsbridge.core.signalling;

/**
 * A pattern of device ids, in which {@code *} stands for any characters, also none, and everything else for itself. Matching
 * takes time linear in the lengths of both, whatever they are: device ids come from outside.
 */
public final class DeviceIdPattern {

    private final String pattern;
    private final String[] parts; // what stands before, between and behind the stars
    private final int[][] borders; // of each part, for searching without going back

    /**
     * Reads a pattern.
     *
     * @throws IllegalArgumentException if it is empty
     */
    public DeviceIdPattern(String pattern) {
        if (pattern.isEmpty()) {
            throw new IllegalArgumentException("an empty pattern matches no device");
        }
        this.pattern = pattern;
        this.parts = pattern.split("\\*", -1);
        this.borders = new int[parts.length][];
        for (int i = 0; i < parts.length; i++) {
            borders[i] = borders(parts[i]);
        }
    }

    public boolean matches(String deviceId) {
        if (parts.length == 1) {
            return deviceId.equals(pattern);
        }
        String first = parts[0];
        String last = parts[parts.length - 1];
        int end = deviceId.length() - last.length();
        if (end < first.length() || !deviceId.startsWith(first) || !deviceId.endsWith(last)) {
            return false;
        }
        int from = first.length();
        for (int i = 1; i < parts.length - 1 && from >= 0; i++) {
            from = endOfFirst(i, deviceId, from, end);
        }
        return from >= 0;
    }

    /** Knuth, Morris and Pratt: where the first occurrence of a part ends; -1 if there is none between the two places. */
    private int endOfFirst(int index, String text, int from, int end) {
        String part = parts[index];
        int matched = 0;
        for (int i = from; i < end && matched < part.length(); i++) {
            while (matched > 0 && text.charAt(i) != part.charAt(matched)) {
                matched = borders[index][matched - 1];
            }
            if (text.charAt(i) == part.charAt(matched)) {
                matched++;
            }
            from = i + 1;
        }
        return matched == part.length() ? from : -1;
    }

    /** For each beginning of a part, the length of its longest proper beginning that is also its end. */
    private static int[] borders(String part) {
        int[] borders = new int[part.length()];
        for (int i = 1, length = 0; i < part.length(); i++) {
            while (length > 0 && part.charAt(i) != part.charAt(length)) {
                length = borders[length - 1];
            }
            if (part.charAt(i) == part.charAt(length)) {
                length++;
            }
            borders[i] = length;
        }
        return borders;
    }

    @Override
    public String toString() {
        return pattern;
    }
}
