package io.github.wsbridge.wire.concurrent;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class NewcomersTest {

    private final Newcomers newcomers = new Newcomers(4);
    private final List<String> dropped = new ArrayList<>();

    private Newcomers.Place enter(String site, String name) {
        return newcomers.enter(site, () -> dropped.add(name));
    }

    @Test
    void enter_tooMany_dropsTheOldestOfTheAddressWithMost() {
        enter("a", "a1");
        enter("b", "b1");
        enter("b", "b2");
        enter("c", "c1");
        enter("d", "d1");
        assertThat(dropped).containsExactly("b1");
        enter("d", "d2");
        enter("d", "d3");
        assertThat(dropped).containsExactly("b1", "d1", "d2");
        assertThat(newcomers.size()).isEqualTo(4);
    }

    @Test
    void leave_makesRoom() {
        Newcomers.Place first = enter("a", "a1");
        for (int i = 2; i <= 4; i++) {
            enter("a", "a" + i);
        }
        first.leave();
        first.leave();
        enter("b", "b1");
        assertThat(dropped).isEmpty();
        assertThat(newcomers.size()).isEqualTo(4);
    }

    @Test
    void enter_manyFromOneAddress_leaveTheOthersAlone() {
        enter("good", "good");
        for (int i = 0; i < 10_000; i++) {
            enter("bad", "bad");
        }
        assertThat(dropped).hasSize(9_997).doesNotContain("good");
    }

    @Test
    void enter_fromFurtherAddressesOnly_dropsTheOldest() {
        for (int i = 0; i < 100; i++) {
            enter("address-" + i, "a" + i);
        }
        assertThat(dropped).hasSize(96).first().isEqualTo("a0");
        assertThat(dropped).last().isEqualTo("a95");
    }
}
