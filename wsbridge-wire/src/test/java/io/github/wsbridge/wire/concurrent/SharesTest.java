package io.github.wsbridge.wire.concurrent;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SharesTest {

    private final Shares shares = new Shares(100);

    private List<Shares.Place> takeAll(String key) {
        List<Shares.Place> taken = new ArrayList<>();
        for (Shares.Place place = shares.take(key); place != null; place = shares.take(key)) {
            taken.add(place);
        }
        return taken;
    }

    @Test
    void take_greedyKeys_leaveSomethingForTheNext() {
        assertThat(takeAll("a")).hasSize(75);
        assertThat(takeAll("b")).hasSize(19);
        assertThat(takeAll("c")).hasSize(5);
        assertThat(takeAll("d")).hasSize(1);
        assertThat(shares.full()).isTrue();
        assertThat(takeAll("e")).isEmpty();
    }

    @Test
    void settle_placeNoLongerCountsAgainstItsKey() {
        for (int i = 0; i < 100; i++) {
            shares.take("a").settle();
        }
        assertThat(shares.full()).isTrue();
        assertThat(shares.take("b")).isNull();
    }

    @Test
    void release_givesThePlaceBackOnce() {
        List<Shares.Place> taken = takeAll("a");
        for (Shares.Place place : taken) {
            place.release();
            place.release();
        }
        assertThat(shares.empty()).isTrue();
        assertThat(takeAll("a")).hasSize(75);
    }

    @Test
    void take_fewPlaces_areAllForOneKey() {
        assertThat(new Shares(1).take("a")).isNotNull();
        Shares three = new Shares(3);
        for (int i = 0; i < 3; i++) {
            assertThat(three.take("a")).isNotNull();
        }
    }
}
