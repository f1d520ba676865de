package io.github.wsbridge.bench;

import io.github.wsbridge.bench.RelayBench.Size;
import java.util.List;
import java.util.Locale;

/** Draws an SVG bar chart of the throughput and CPU time of one bridge by frame size. */
final class Chart {

    private static final int WIDTH = 1_000;
    private static final int PANEL = 260;
    private static final int LEFT = 60;
    private static final int TOP = 50;
    private static final int GAP = 70;
    private static final int LEGEND_COLUMNS = 4;

    /** A subject and its colour. */
    private record Series(String subject, String colour) {}

    private static final List<Series> SERIES = List.of(
            new Series(Subject.OURS, "#1b6ca8"),
            new Series(Subject.HAPROXY_TCP, "#888888"),
            new Series(Subject.HAPROXY_TCP_BIG, "#bbbbbb"),
            new Series(Subject.HAPROXY_WS, "#d9822b"),
            new Series(Subject.HAPROXY_WS_BIG, "#efbf8a"),
            new Series(Subject.NGINX_WS, "#3a8f4f"),
            new Series(Subject.NGINX_WS_BIG, "#93c9a0"));

    private final Results results;
    private final StringBuilder svg = new StringBuilder();

    private Chart(Results results) {
        this.results = results;
    }

    static String svg(Results results) {
        return new Chart(results).draw();
    }

    private String draw() {
        int height = TOP + 2 * PANEL + 2 * GAP;
        add(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\""
                        + " font-family=\"sans-serif\" font-size=\"13\">",
                WIDTH, height);
        add("<rect width=\"%d\" height=\"%d\" fill=\"white\"/>", WIDTH, height);
        for (int i = 0; i < SERIES.size(); i++) {
            int x = LEFT + i % LEGEND_COLUMNS * (WIDTH - LEFT) / LEGEND_COLUMNS;
            int y = 6 + i / LEGEND_COLUMNS * 18;
            add(
                    "<rect x=\"%d\" y=\"%d\" width=\"12\" height=\"12\" fill=\"%s\"/>",
                    x, y, SERIES.get(i).colour());
            add(
                    "<text x=\"%d\" y=\"%d\">%s</text>",
                    x + 17, y + 11, SERIES.get(i).subject());
        }
        panel(TOP, "One bridge, Gbit/s of payload (more is better)", Results.GBIT);
        panel(TOP + PANEL + GAP, "Server CPU seconds per GB (less is better)", Results.CPU_PER_GB);
        return svg.append("</svg>\n").toString();
    }

    private void panel(int top, String title, String metric) {
        double most = 0;
        for (Size size : Size.values()) {
            for (Series series : SERIES) {
                most = Math.max(most, value(size, series, metric));
            }
        }
        int base = top + PANEL;
        add("<text x=\"%d\" y=\"%d\" font-weight=\"bold\">%s</text>", LEFT, top + 8, title);
        add("<line x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\" stroke=\"#444\"/>", LEFT, base, WIDTH - 20, base);
        double group = (WIDTH - 20.0 - LEFT) / Size.values().length;
        double bar = group * 0.85 / SERIES.size();
        for (Size size : Size.values()) {
            double x = LEFT + size.ordinal() * group + group * 0.075;
            add(
                    "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s</text>",
                    x + group * 0.425, base + 18, size.label());
            for (Series series : SERIES) {
                double value = value(size, series, metric);
                double height = most == 0 ? 0 : value / most * (PANEL - 45);
                add(
                        "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"%s\"/>",
                        x, base - height, bar - 2, height, series.colour());
                add(
                        "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\" font-size=\"10\">%.2f</text>",
                        x + bar / 2 - 1, base - height - 4, value);
                x += bar;
            }
        }
    }

    private double value(Size size, Series series, String metric) {
        return results.median(size.relay(), series.subject(), metric).orElse(0);
    }

    private void add(String format, Object... arguments) {
        svg.append(String.format(Locale.ROOT, format, arguments)).append('\n');
    }
}
