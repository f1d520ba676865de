package io.github.wsbridge.tyrus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.wsbridge.testkit.RawWebSocket;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.glassfish.tyrus.core.ProtocolException;
import org.glassfish.tyrus.core.frame.Frame;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FrameReaderTest {

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void poll_anyFramesInAnyChunks_givesTheSameStream(boolean masked) {
        for (int seed = 0; seed < 400; seed++) {
            Random random = new Random(seed);
            Story sent = new Story();
            byte[] wire = randomFrames(random, masked, sent);

            Story got = new Story();
            FrameReader reader = new FrameReader(masked);
            for (int at = 0; at < wire.length; ) {
                int size = random.nextInt(5) == 0 ? 1 + random.nextInt(3) : 1 + random.nextInt(40_000);
                ByteBuffer chunk = ByteBuffer.wrap(wire, at, Math.min(size, wire.length - at));
                at += chunk.remaining();
                pollAll(reader, chunk, random, got);
            }

            assertThat(got.events()).as("seed " + seed).isEqualTo(sent.events());
        }
    }

    @Test
    void poll_everySplitInTwo_givesTheSameStream() {
        Story sent = new Story();
        ByteArrayOutputStream wire = new ByteArrayOutputStream();
        Random random = new Random(7);
        frame(wire, random, true, 0x01, 3, sent);
        frame(wire, random, true, 0x89, 5, sent);
        frame(wire, random, true, 0x80, 130, sent);
        frame(wire, random, true, 0x82, 0, sent);
        byte[] bytes = wire.toByteArray();
        for (int split = 0; split <= bytes.length; split++) {
            Story got = new Story();
            FrameReader reader = new FrameReader(true);
            pollAll(reader, ByteBuffer.wrap(bytes, 0, split), random, got);
            pollAll(reader, ByteBuffer.wrap(bytes, split, bytes.length - split), random, got);
            assertThat(got.events()).as("split at " + split).isEqualTo(sent.events());
        }
    }

    @Test
    void poll_frameUpToTheLimit_comesOutWhole() {
        FrameReader reader = new FrameReader(false);
        byte[] wire = RawWebSocket.frame(RawWebSocket.BINARY, true, false, new byte[FrameReader.LIMIT]);
        assertThat(reader.poll(ByteBuffer.wrap(wire, 0, 9000), true)).isNull();
        Frame frame = reader.poll(ByteBuffer.wrap(wire, 9000, wire.length - 9000), true);
        assertThat(frame).isNotNull();
        assertThat(frame.isFin()).isTrue();
        assertThat(frame.getPayloadLength()).isEqualTo(FrameReader.LIMIT);
    }

    @Test
    void poll_longFrame_comesOutAsItArrives() {
        FrameReader reader = new FrameReader(false);
        byte[] wire = RawWebSocket.frame(RawWebSocket.BINARY, true, false, new byte[100_000]);
        Frame frame = reader.poll(ByteBuffer.wrap(wire, 0, 10 + 7), true);
        assertThat(frame).isNotNull();
        assertThat(frame.isFin()).isFalse();
        assertThat(frame.getPayloadLength()).isEqualTo(7);
    }

    @Test
    void poll_dataNotAllowed_letsControlFramesThroughAndKeepsData() {
        FrameReader reader = new FrameReader(false);
        ByteBuffer in = ByteBuffer.wrap(new byte[] {(byte) 0x89, 0, (byte) 0x82, 0, (byte) 0x8A, 0});
        assertThat(opcode(reader.poll(in, false))).isEqualTo(9);
        assertThat(reader.poll(in, false)).isNull();
        assertThat(reader.withheld()).isTrue();
        assertThat(opcode(reader.poll(in, true))).isEqualTo(2);
        assertThat(opcode(reader.poll(in, false))).isEqualTo(10);
        assertThat(reader.poll(in, false)).isNull();
        assertThat(reader.withheld()).isFalse();
    }

    @Test
    void poll_badFrames_throws() {
        assertBad(true, 0x82, 0x01, 'x'); // not masked
        assertBad(false, 0x82, 0x81, 0, 0, 0, 0, 'x'); // masked
        assertBad(false, 0x09, 0x00); // a fragmented ping
        assertBad(false, 0x89, 126, 0, 126); // a long ping
        assertBad(false, 0x82, 127, 0x80, 0, 0, 0, 0, 0, 0, 0); // a negative length
    }

    private static void assertBad(boolean masked, int... bytes) {
        ByteBuffer in = ByteBuffer.allocate(bytes.length);
        for (int b : bytes) {
            in.put((byte) b);
        }
        in.flip();
        FrameReader reader = new FrameReader(masked);
        assertThatThrownBy(() -> reader.poll(in, true)).isInstanceOf(ProtocolException.class);
    }

    private static int opcode(Frame frame) {
        return frame == null ? -1 : frame.getOpcode();
    }

    private static void pollAll(FrameReader reader, ByteBuffer in, Random moody, Story got) {
        while (true) {
            Frame frame = reader.poll(in, moody.nextBoolean());
            if (frame != null) {
                assertThat(frame.getPayloadData().length).isLessThanOrEqualTo(FrameReader.LIMIT);
                int first = frame.getOpcode()
                        | (frame.isFin() ? 0x80 : 0)
                        | (frame.isRsv1() ? 0x40 : 0)
                        | (frame.isRsv2() ? 0x20 : 0)
                        | (frame.isRsv3() ? 0x10 : 0);
                got.tell(first, frame.getPayloadData());
            } else if (!reader.withheld()) {
                assertThat(in.hasRemaining()).isFalse();
                return;
            }
        }
    }

    private static byte[] randomFrames(Random random, boolean masked, Story sent) {
        int[] control = {0x88, 0x89, 0x8A};
        int[] data = {0x01, 0x02, 0x81, 0x82, 0x00, 0x80};
        int[] sizes = {0, 1, 125, 126, 127, 4096, 16_383, 16_384, 16_385, 65_535, 65_536, 100_001};
        ByteArrayOutputStream wire = new ByteArrayOutputStream();
        int count = 1 + random.nextInt(8);
        for (int i = 0; i < count; i++) {
            if (random.nextInt(3) == 0) {
                frame(wire, random, masked, control[random.nextInt(3)], random.nextInt(126), sent);
            } else {
                frame(wire, random, masked, data[random.nextInt(6)], sizes[random.nextInt(sizes.length)], sent);
            }
        }
        return wire.toByteArray();
    }

    private static void frame(
            ByteArrayOutputStream wire, Random random, boolean masked, int first, int size, Story sent) {
        byte[] payload = new byte[size];
        random.nextBytes(payload);
        byte[] key = new byte[4];
        random.nextBytes(key);
        wire.writeBytes(RawWebSocket.frame(first & 0x0F, (first & 0x80) != 0, masked ? key : null, payload));
        sent.tell(first, payload);
    }

    /** What a stream of frames says, however its messages are cut. */
    private static final class Story {
        private final List<String> events = new ArrayList<>();
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

        void tell(int first, byte[] payload) {
            int opcode = first & 0x0F;
            if (opcode >= 8) {
                flush();
                events.add("control " + first + " " + Arrays.toString(payload));
                return;
            }
            if (opcode != 0) {
                flush();
                events.add("start " + (first & 0x7F));
            }
            bytes.writeBytes(payload);
            if ((first & 0x80) != 0) {
                flush();
                events.add("fin");
            }
        }

        List<String> events() {
            flush();
            return events;
        }

        private void flush() {
            if (bytes.size() > 0) {
                events.add("bytes " + bytes.size() + " " + Arrays.hashCode(bytes.toByteArray()));
                bytes.reset();
            }
        }
    }
}
