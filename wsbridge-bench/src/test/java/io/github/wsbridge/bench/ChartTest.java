package io.github.wsbridge.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.wsbridge.bench.RelayBench.Size;
import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChartTest {

    @Test
    void bars_areAsHighAsTheMedians(@TempDir Path folder) throws Exception {
        Results results = new Results();
        for (Size size : Size.values()) {
            for (int round = 0; round < 3; round++) { // medians 2 and 1
                results.add(size.relay(), Subject.OURS, round, Map.of(Results.GBIT, 1.0 + round));
                results.add(size.relay(), Subject.HAPROXY_WS, round, Map.of(Results.GBIT, 0.5 + round / 2.0));
            }
        }
        Path file = folder.resolve("chart.png");
        Chart.write(results, file);
        BufferedImage image = ImageIO.read(file.toFile());
        double ours = count(image, 0x1b6ca8);
        double haproxy = count(image, 0xd9822b);
        assertThat(haproxy).isGreaterThan(10_000);
        assertThat(ours / haproxy).isCloseTo(2, within(0.1));
    }

    private static long count(BufferedImage image, int colour) {
        return IntStream.of(image.getRGB(0, 0, image.getWidth(), image.getHeight(), null, 0, image.getWidth()))
                .filter(pixel -> (pixel & 0xffffff) == colour)
                .count();
    }
}
