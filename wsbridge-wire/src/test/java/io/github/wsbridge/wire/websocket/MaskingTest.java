package io.github.wsbridge.wire.websocket;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Compares with bytewise masking: every length and every offset, often enough that compiled code is tested as well. */
class MaskingTest {

    private static final int LONGEST = 300;
    private static final int OFFSETS = 8;
    private static final int FARTHEST = 20; // more than a header can shrink by

    private final Random random = new Random(6455);

    @ParameterizedTest
    @CsvSource({"false, false", "false, true", "true, false", "true, true"})
    void apply_betweenBuffers_isByteByByte(boolean fromDirect, boolean toDirect) {
        byte[] in = random(LONGEST + OFFSETS);
        byte[] out = random(LONGEST + OFFSETS + 1);
        ByteBuffer from = buffer(in, fromDirect);
        ByteBuffer to = buffer(out, toDirect);
        byte[] got = new byte[out.length];
        for (int length = 0; length <= LONGEST; length++) {
            for (int at = 0; at < OFFSETS; at++) {
                for (int behind = 0; behind < OFFSETS; behind++) {
                    int key = random.nextInt();
                    to.put(0, out);
                    byte[] expected = out.clone();
                    model(in, at, expected, behind, length, key);
                    // Nothing after the bytes may be read or written.
                    Masking.apply(from.limit(at + length), at, to.limit(behind + length), behind, length, key);
                    to.clear().get(0, got);
                    assertThat(got)
                            .as("%d bytes from %d to %d", length, at, behind)
                            .isEqualTo(expected);
                }
            }
        }
        assertThat(from.clear().get(0, got, 0, in.length)).isSameAs(from);
        assertThat(got).startsWith(in);
    }

    @ParameterizedTest
    @CsvSource({"false", "true"})
    void move_isByteByByte(boolean direct) {
        byte[] before = random(FARTHEST + OFFSETS + LONGEST + 1);
        ByteBuffer buffer = buffer(before, direct);
        byte[] got = new byte[before.length];
        for (int length = 0; length <= LONGEST; length++) {
            for (int at = FARTHEST; at < FARTHEST + OFFSETS; at++) {
                for (int to = at - FARTHEST; to <= at; to++) {
                    int key = random.nextInt();
                    buffer.put(0, before);
                    byte[] expected = before.clone();
                    model(before, at, expected, to, length, key);
                    Masking.move(buffer.limit(at + length), at, to, length, key);
                    buffer.clear().get(0, got);
                    assertThat(got).as("%d bytes from %d to %d", length, at, to).isEqualTo(expected);
                }
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"false", "true"})
    void move_isByteByByte_alsoInLongRuns(boolean direct) {
        byte[] before = random(FARTHEST + 20_000);
        ByteBuffer buffer = buffer(before, direct);
        byte[] got = new byte[before.length];
        for (int round = 0; round < 10_000; round++) {
            int length = 500 + random.nextInt(round % 100 == 0 ? 19_000 : 2_000);
            int at = FARTHEST + random.nextInt(OFFSETS);
            int to = at - random.nextInt(FARTHEST + 1);
            int key = random.nextInt();
            buffer.put(0, before);
            byte[] expected = before.clone();
            model(before, at, expected, to, length, key);
            Masking.move(buffer, at, to, length, key);
            buffer.get(0, got);
            assertThat(got).as("%d bytes from %d to %d", length, at, to).isEqualTo(expected);
        }
    }

    @Test
    void apply_leavesPositionLimitAndOrder() {
        ByteBuffer from = ByteBuffer.allocate(100).position(3).limit(90);
        ByteBuffer to = ByteBuffer.allocate(100).position(5).limit(80);
        Masking.apply(from, 10, to, 20, 60, 0x01020304);
        assertThat(from).isEqualTo(ByteBuffer.allocate(87));
        assertThat(from.position()).isEqualTo(3);
        assertThat(to.position()).isEqualTo(5);
        assertThat(to.limit()).isEqualTo(80);
        assertThat(to.order()).isEqualTo(ByteOrder.BIG_ENDIAN);
        assertThat(to.getInt(20)).isEqualTo(0x01020304);
    }

    private static void model(byte[] in, int at, byte[] out, int to, int length, int key) {
        for (int i = 0; i < length; i++) {
            out[to + i] = (byte)
                    (in[at + i] ^ (i % 4 == 0 ? key >> 24 : i % 4 == 1 ? key >> 16 : i % 4 == 2 ? key >> 8 : key));
        }
    }

    private byte[] random(int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }

    private static ByteBuffer buffer(byte[] bytes, boolean direct) {
        ByteBuffer buffer = direct ? ByteBuffer.allocateDirect(bytes.length) : ByteBuffer.allocate(bytes.length);
        return buffer.put(0, bytes);
    }
}
