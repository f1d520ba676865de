package io.github.wsbridge.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.CloseReason;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Labels have few values, whatever clients choose. */
final class LabelsTest {

    @Test
    void codes_areFew() {
        Set<String> values = new TreeSet<>();
        for (int code = 1000; code < 5000; code++) {
            if (code != CloseReason.NO_STATUS && code != CloseReason.ABNORMAL) {
                values.add(Labels.status(code));
            }
        }
        assertThat(values).contains("1000", "4404", Labels.OTHER).hasSizeLessThan(30);
        assertThat(Labels.code(new CloseReason(4999, "own"))).isEqualTo(Labels.OTHER);
        assertThat(Labels.code(new CloseReason(CloseReason.TIMED_OUT, ""))).isEqualTo("4408");
    }

    @Test
    void endpoints_areFew() {
        assertThat(Labels.endpoint("/bridge/connect")).isEqualTo("connect");
        assertThat(Labels.endpoint("/admin.php")).isEqualTo(Labels.OTHER);
        assertThat(Labels.endpoint("127.0.0.1:5432")).isEqualTo("port");
    }
}
