package io.github.wsbridge;

/**
 * A pattern for device ids, in which {@code *} matches any number of characters and everything else matches itself.
 * Since device ids are untrusted, matching always takes time linear in the lengths of id and pattern.
 */
public final class DeviceIdPattern {

    private final String pattern;
    private final String[] parts; // the text before, between and after the stars
    private final int[][] borders; // the border table of each part, to search without backtracking

    /**
     * Parses a pattern.
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

    /**
     * Returns the end of the first occurrence of a part between the two indices, or -1 if there is none
     * (Knuth–Morris–Pratt).
     */
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

    /** Returns, for each prefix of a part, the length of its longest proper prefix that is also its suffix. */
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
