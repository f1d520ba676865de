package io.github.wsbridge.core.limits;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class FairShareTest {

    private static final int MAX = 100;

    private final FairShare share = new FairShare(50, 75);
    private int used;

    private int takeAll(Holder holder) {
        int taken = 0;
        while (share.take(holder, MAX - used)) {
            used++;
            taken++;
        }
        return taken;
    }

    @Test
    void take_greedyPrincipals_leaveSomethingForTheNext() {
        assertThat(takeAll(new Holder("a", ""))).isEqualTo(50);
        assertThat(takeAll(new Holder("b", ""))).isEqualTo(25);
        assertThat(takeAll(new Holder("c", ""))).isEqualTo(13);
        assertThat(takeAll(new Holder("a", ""))).isZero();
        assertThat(share.roomFor(new Holder("d", ""), MAX - used)).isTrue();
    }

    @Test
    void take_greedyAddress_isLimitedWhateverItsPrincipals() {
        int taken = 0;
        for (int i = 0; i < 10; i++) {
            taken += takeAll(new Holder("p" + i, "192.0.2.1"));
        }
        assertThat(taken).isEqualTo(75);
        assertThat(share.roomFor(new Holder("p", "192.0.2.2"), MAX - used)).isTrue();
    }

    @Test
    void release_makesRoom() {
        Holder holder = new Holder("a", "192.0.2.1");
        takeAll(holder);
        share.release(holder);
        used--;
        assertThat(takeAll(holder)).isEqualTo(1);
    }

    @Test
    void take_nobody_countsAgainstNoShare() {
        used = MAX - 1;
        for (int i = 0; i < MAX; i++) {
            assertThat(share.take(Holder.NOBODY, 1)).isTrue();
        }
        assertThat(share.take(new Holder("a", "x"), 1)).isTrue();
    }

    @Test
    void take_onlyOnePlace_isTaken() {
        assertThat(share.take(new Holder("a", "x"), 1)).isTrue();
        assertThat(share.take(new Holder("b", "y"), 0)).isFalse();
    }
}
