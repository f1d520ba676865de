package io.github.wsbridge.bench;

import io.github.wsbridge.bench.RelayBench.Size;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.CategoryChartBuilder;
import org.knowm.xchart.style.CategoryStyler;
import org.knowm.xchart.style.Styler.LegendLayout;
import org.knowm.xchart.style.Styler.LegendPosition;

/** Draws bar charts of the throughput and CPU time of one bridge by frame size. */
final class Chart {

    private static final int WIDTH = 1_000;
    private static final int PANEL = 360;
    /** Pixels for each unit of length, for screens that have that many. */
    private static final int SCALE = 2;

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

    private Chart() {}

    /** Writes the charts to a PNG file. Needs fonts on this machine, but no screen. */
    static void write(Results results, Path file) throws IOException {
        System.setProperty("java.awt.headless", "true");
        if (!ImageIO.write(image(results), "png", file.toFile())) {
            throw new IOException("this Java runtime cannot write PNG files");
        }
    }

    static BufferedImage image(Results results) {
        List<CategoryChart> panels = List.of(
                panel(results, "One bridge, Gbit/s of payload (more is better)", Results.GBIT),
                panel(results, "Server CPU seconds per GB (less is better)", Results.CPU_PER_GB));
        BufferedImage image =
                new BufferedImage(SCALE * WIDTH, SCALE * PANEL * panels.size(), BufferedImage.TYPE_INT_RGB);
        for (int i = 0; i < panels.size(); i++) {
            Graphics2D graphics = image.createGraphics();
            graphics.scale(SCALE, SCALE);
            graphics.translate(0, i * PANEL);
            panels.get(i).paint(graphics, WIDTH, PANEL);
            graphics.dispose();
        }
        return image;
    }

    private static CategoryChart panel(Results results, String title, String metric) {
        CategoryChart chart = new CategoryChartBuilder()
                .width(WIDTH)
                .height(PANEL)
                .title(title)
                .build();
        CategoryStyler style = chart.getStyler();
        style.setLabelsVisible(true)
                .setLabelsPosition(1.05) // above the bars
                .setLabelsFont(font(Font.PLAIN, 9))
                .setAvailableSpaceFill(0.9);
        style.setLegendPosition(LegendPosition.OutsideS);
        style.setLegendLayout(LegendLayout.Horizontal);
        style.setLegendBorderColor(Color.WHITE);
        style.setLegendFont(font(Font.PLAIN, 12));
        style.setChartBackgroundColor(Color.WHITE);
        style.setChartTitleFont(font(Font.BOLD, 13));
        style.setPlotBorderVisible(false);
        style.setYAxisMin(0.0);
        style.setDecimalPattern("0.00");
        List<String> sizes = Stream.of(Size.values()).map(Size::label).toList();
        for (Series series : SERIES) {
            List<Double> values = Stream.of(Size.values())
                    .map(size -> results.median(size.relay(), series.subject(), metric)
                            .orElse(0))
                    .toList();
            chart.addSeries(series.subject(), sizes, values).setFillColor(Color.decode(series.colour()));
        }
        return chart;
    }

    private static Font font(int style, int size) {
        return new Font(Font.SANS_SERIF, style, size);
    }
}
