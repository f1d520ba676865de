package io.github.wsbridge.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.spi.Traffic;
import org.junit.jupiter.api.Test;

final class CountedTrafficTest {

    private final CountedTraffic<String> traffic = new CountedTraffic<>();

    private static final class Growing implements Traffic {
        long device;

        @Override
        public long bytesToDevice() {
            return device;
        }

        @Override
        public long bytesToRequester() {
            return 2 * device;
        }
    }

    @Test
    void sum_growsWithTheBridge_andKeepsWhatEndedBridgesHad() {
        Growing first = new Growing();
        Growing second = new Growing();
        traffic.add("first", first);
        traffic.add("second", second);
        first.device = 5;
        second.device = 7;
        assertThat(traffic.toDevice()).isEqualTo(12);
        first.device = 6;
        assertThat(traffic.toRequester()).isEqualTo(26);

        first.device = 10;
        traffic.remove("first");
        traffic.remove("first");
        assertThat(traffic.toDevice()).isEqualTo(17);
        assertThat(traffic.running()).isEqualTo(1);
    }
}
