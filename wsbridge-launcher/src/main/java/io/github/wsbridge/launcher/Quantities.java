package io.github.wsbridge.launcher;

import java.time.Duration;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.TypeConversionException;

/** Parses and formats durations and sizes. */
final class Quantities {

    private static final Pattern DURATION = Pattern.compile("(\\d{1,9})(ms|s|m|h)");
    private static final Pattern SIZE = Pattern.compile("(\\d{1,12})([kmgt]?)(i?b)?");

    private static final Duration LONGEST = Duration.ofDays(36_525); // well within the range of a nanosecond clock

    private Quantities() {}

    /** A size; a separate type, so that picocli can select its converter. */
    record Bytes(long count) {}

    /** Parses {@code 500ms}, {@code 30s}, {@code 5m} or {@code 2h}. */
    static Duration duration(String text) {
        Matcher match = DURATION.matcher(text);
        if (!match.matches()) {
            throw new TypeConversionException("'" + text + "' is not a duration such as 500ms, 30s, 5m or 2h");
        }
        long number = Long.parseLong(match.group(1));
        Duration duration = switch (match.group(2)) {
            case "ms" -> Duration.ofMillis(number);
            case "s" -> Duration.ofSeconds(number);
            case "m" -> Duration.ofMinutes(number);
            default -> Duration.ofHours(number);
        };
        if (duration.compareTo(LONGEST) > 0) {
            throw new TypeConversionException(
                    "'" + text + "' is longer than " + LONGEST.toHours() + "h, a hundred years");
        }
        return duration;
    }

    /** Parses {@code 512}, {@code 64k}, {@code 8MiB} or {@code 1G}; units are powers of 1024. */
    static Bytes bytes(String text) {
        Matcher match = SIZE.matcher(text.toLowerCase(Locale.ROOT));
        try {
            if (match.matches()) {
                int power = match.group(2).isEmpty() ? 0 : 1 + "kmgt".indexOf(match.group(2));
                long count = Math.multiplyExact(Long.parseLong(match.group(1)), 1L << 10 * power);
                if (count > 0) {
                    return new Bytes(count);
                }
            }
        } catch (ArithmeticException e) {
            // reported below
        }
        throw new TypeConversionException("'" + text + "' is not a size such as 512, 64k, 8MiB or 1G");
    }

    /** Formats a size with about three digits: {@code 1.5 GiB}, {@code 640 KiB}. */
    static String show(long bytes) {
        String[] units = {"bytes", "KiB", "MiB", "GiB", "TiB"};
        double value = bytes;
        int unit = 0;
        while (value >= 1024 && unit < units.length - 1) {
            value /= 1024;
            unit++;
        }
        String digits = String.format(Locale.ROOT, value < 10 && value != Math.rint(value) ? "%.1f" : "%.0f", value);
        return digits + " " + units[unit];
    }
}
