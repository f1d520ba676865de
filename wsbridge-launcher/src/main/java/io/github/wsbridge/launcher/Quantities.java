package io.github.wsbridge.launcher;

import java.time.Duration;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.TypeConversionException;

/** Durations and sizes as people write them. */
final class Quantities {

    private static final Pattern DURATION = Pattern.compile("(\\d{1,9})(ms|s|m|h)");
    private static final Pattern SIZE = Pattern.compile("(\\d{1,12})([kmgt]?)(i?b)?");

    private static final Duration LONGEST = Duration.ofDays(36_525); // well within what a clock in nanoseconds counts

    private Quantities() {}

    /** A size; a type of its own, so that the command line knows how to read it. */
    record Bytes(long count) {}

    /** {@code 500ms}, {@code 30s}, {@code 5m}, {@code 2h}. */
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

    /** {@code 512}, {@code 64k}, {@code 8MiB}, {@code 1G}: always powers of 1024. */
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
            // said below
        }
        throw new TypeConversionException("'" + text + "' is not a size such as 512, 64k, 8MiB or 1G");
    }

    /** A size with three digits or so: {@code 1.5 GiB}, {@code 640 KiB}. */
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
