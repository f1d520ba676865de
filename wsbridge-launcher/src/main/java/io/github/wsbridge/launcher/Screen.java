package io.github.wsbridge.launcher;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;

/** The output of the demo: a progress bar on a terminal, plain lines elsewhere. Not thread-safe. */
final class Screen {

    private static final int BAR = 30;
    private static final int REDRAW_MILLIS = 100;
    private static final String LABEL = "%-8s";

    private final PrintStream out;
    private final boolean terminal;
    private final boolean colours;
    private final boolean glyphs;

    Screen(CommandContext here) {
        out = here.out();
        terminal = here.terminal();
        colours = terminal && here.env().getOrDefault("NO_COLOR", "").isEmpty();
        glyphs = terminal && Terminal.charset().equals(StandardCharsets.UTF_8);
    }

    void title(String text) {
        line("");
        line(styled("1", text));
        line("");
    }

    /** Prints a fact with a dim label. */
    void fact(String label, String text) {
        line("  " + styled("2", String.format(LABEL, label)) + "  " + text);
    }

    /** Prints a check that has passed. */
    void passed(String label, String text) {
        line(styled("32", glyphs ? "✓ " : "+ ") + String.format(LABEL, label) + "  " + text);
    }

    /** Prints details about the previous line. */
    void more(String text) {
        line("  " + String.format(LABEL, "") + "  " + styled("2", text));
    }

    void line(String text) {
        out.println(text);
        out.flush();
    }

    /** Returns the stations joined by arrows. */
    String way(String... stations) {
        return String.join(glyphs ? " → " : " > ", stations);
    }

    Progress progress(String label, long total) {
        return new Progress(label, total);
    }

    private String styled(String code, String text) {
        return colours ? "\u001b[" + code + "m" + text + "\u001b[0m" : text;
    }

    static String rate(long bytes, Duration time) {
        double seconds = Math.max(1e-6, time.toNanos() / 1e9);
        return String.format(Locale.ROOT, "%.0f MB/s", bytes / seconds / 1e6);
    }

    static String seconds(Duration time) {
        return time.toMillis() < 1000
                ? time.toMillis() + " ms"
                : String.format(Locale.ROOT, "%.1f s", time.toMillis() / 1e3);
    }

    /** The progress of one transfer; {@link #close} removes the bar. */
    final class Progress implements AutoCloseable {
        private final String label;
        private final long total;
        private final long begun = System.nanoTime();
        private long drawnAt = begun;
        private int quarter;

        private Progress(String label, long total) {
            this.label = label;
            this.total = total;
        }

        void at(long done) {
            Duration time = Duration.ofNanos(System.nanoTime() - begun);
            if (!terminal) {
                int now = (int) (4.0 * done / total);
                if (now > quarter && now < 4) {
                    quarter = now;
                    more(label + " " + 25 * now + " %, " + rate(done, time));
                }
            } else if (System.nanoTime() - drawnAt >= REDRAW_MILLIS * 1_000_000L) {
                drawnAt = System.nanoTime();
                int filled = (int) (BAR * done / total);
                String bar = styled("36", (glyphs ? "█" : "#").repeat(filled))
                        + styled("2", (glyphs ? "░" : "-").repeat(BAR - filled));
                out.print("\r  " + String.format(LABEL, label) + "  " + bar
                        + String.format(Locale.ROOT, " %3d %%  %s   ", 100 * done / total, rate(done, time)));
                out.flush();
            }
        }

        @Override
        public void close() {
            if (terminal) {
                out.print("\r" + " ".repeat(BAR + 40) + "\r");
                out.flush();
            }
        }
    }
}
