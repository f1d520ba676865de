package io.github.wsbridge.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SoakPlanTest {

    @Test
    void parse_ofItsText_isThePlan() {
        Random random = new Random(1);
        for (int i = 0; i < 200; i++) {
            SoakPlan plan = SoakPlan.random(random);
            assertThat(SoakPlan.parse(plan.text())).isEqualTo(plan);
        }
    }

    @Test
    void content_inOtherPieces_isTheSame_andNoOtherMatches() {
        ByteBuffer whole = ByteBuffer.allocate(100);
        new SoakContent(7).fill(whole);
        SoakContent again = new SoakContent(7);
        assertThat(again.matches(whole.duplicate().flip().limit(13))).isTrue();
        assertThat(again.matches(whole.duplicate().position(13).limit(100))).isTrue();
        whole.put(99, (byte) (whole.get(99) + 1));
        assertThat(new SoakContent(7).matches(whole.flip())).isFalse();
        assertThat(new SoakContent(8).matches(ByteBuffer.wrap(new byte[100]))).isFalse();
    }
}
