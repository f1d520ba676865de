package io.github.wsbridge.wire.websocket;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Tuple;

/**
 * Streams of frames as peers may send them: fragmented messages with control frames in between, possibly followed by
 * arbitrary bytes.
 */
final class WireStreams {

    /**
     * A stream that a peer sends.
     *
     * @param lost the number of bytes missing at its end
     */
    record Sent(boolean masked, List<TestFrame> frames, int lost) {

        byte[] wire() {
            byte[] all = TestFrame.wire(frames);
            return Arrays.copyOf(all, Math.max(0, all.length - lost));
        }
    }

    private static final int MOST_OF_A_LIE = 200;

    private WireStreams() {}

    /** Streams of up to a few hundred thousand bytes. */
    static Arbitrary<Sent> any() {
        return sent(
                5,
                Arbitraries.frequencyOf(
                        Tuple.of(6, Arbitraries.integers().between(0, 300)),
                        Tuple.of(3, Arbitraries.integers().between(124, 128)),
                        Tuple.of(2, Arbitraries.integers().between(65_534, 65_538)),
                        Tuple.of(1, Arbitraries.integers().between(0, 100_000))));
    }

    /** Streams of up to a few hundred bytes. */
    static Arbitrary<Sent> brief() {
        return sent(
                2,
                Arbitraries.frequencyOf(
                        Tuple.of(9, Arbitraries.integers().between(0, 20)),
                        Tuple.of(1, Arbitraries.integers().between(124, 128))));
    }

    /** Streams short enough that every chunking can be tried. */
    static Arbitrary<Sent> tiny(int most) {
        return sent(1, Arbitraries.integers().between(0, 4))
                .map(sent -> new Sent(
                        sent.masked(),
                        sent.frames(),
                        Math.max(sent.lost(), TestFrame.wire(sent.frames()).length - most)));
    }

    private static Arbitrary<Sent> sent(int messages, Arbitrary<Integer> lengths) {
        return Arbitraries.of(true, false)
                .flatMap(masked -> Combinators.combine(
                                message(masked, lengths).list().ofMaxSize(messages),
                                Arbitraries.frequencyOf(
                                        Tuple.of(2, Arbitraries.just(List.<TestFrame>of())),
                                        Tuple.of(
                                                3,
                                                invalidFrame(masked)
                                                        .list()
                                                        .ofMinSize(1)
                                                        .ofMaxSize(3)),
                                        Tuple.of(1, close(masked).list().ofSize(1)),
                                        Tuple.of(1, close(masked).list().ofSize(2))),
                                Arbitraries.frequencyOf(
                                        Tuple.of(3, Arbitraries.just(0)),
                                        Tuple.of(1, Arbitraries.integers().between(1, 20))))
                        .as((good, end, lost) -> new Sent(
                                masked,
                                Stream.concat(good.stream().flatMap(List::stream), end.stream())
                                        .toList(),
                                lost)));
    }

    /** A fragmented message, with pings and pongs before and between the fragments. */
    private static Arbitrary<List<TestFrame>> message(boolean masked, Arbitrary<Integer> lengths) {
        Arbitrary<List<TestFrame>> controls = Combinators.combine(
                        Arbitraries.of(0x89, 0x8A),
                        Arbitraries.frequencyOf(
                                Tuple.of(4, Arbitraries.integers().between(0, 4)),
                                Tuple.of(1, Arbitraries.integers().between(120, 125))),
                        Arbitraries.integers())
                .as((first, length, key) -> TestFrame.of(first, payload(length, key), masked, key))
                .list()
                .ofMaxSize(1);
        return Combinators.combine(
                        Arbitraries.of(1, 2),
                        Combinators.combine(controls, lengths, Arbitraries.integers())
                                .as(Tuple::of)
                                .list()
                                .ofMinSize(1)
                                .ofMaxSize(3))
                .as((opcode, pieces) -> {
                    List<TestFrame> frames = new ArrayList<>();
                    for (int i = 0; i < pieces.size(); i++) {
                        int first = (i == 0 ? opcode : 0) | (i == pieces.size() - 1 ? 0x80 : 0);
                        int key = pieces.get(i).get3();
                        frames.addAll(pieces.get(i).get1());
                        frames.add(TestFrame.of(first, payload(pieces.get(i).get2(), key), masked, key));
                    }
                    return frames;
                });
    }

    /** A frame whose parts are unrelated to each other and to the preceding frames. */
    private static Arbitrary<TestFrame> invalidFrame(boolean masked) {
        return Combinators.combine(
                        Arbitraries.frequencyOf(
                                Tuple.of(4, Arbitraries.of(0, 1, 2, 0x80, 0x81, 0x82, 8, 9, 0x88, 0x89, 0x8A)),
                                Tuple.of(1, Arbitraries.integers().between(0, 255))),
                        Arbitraries.frequency(Tuple.of(9, masked), Tuple.of(1, !masked)),
                        Arbitraries.of(1, 3, 9),
                        Arbitraries.frequencyOf(
                                Tuple.of(4, Arbitraries.longs().between(124, 128)),
                                Tuple.of(2, Arbitraries.longs().between(65_534, 65_538)),
                                Tuple.of(2, Arbitraries.longs().between(0, 200)),
                                Tuple.of(1, Arbitraries.longs())),
                        Arbitraries.integers())
                .as((first, mask, form, length, key) -> {
                    long said = form == 1 ? length & 0x7F : form == 3 ? length & 0xFFFF : length;
                    int there = said < 0 ? MOST_OF_A_LIE : (int) Math.min(said, MOST_OF_A_LIE);
                    // A form of 1 with 126 or 127 in it makes the first bytes of the payload its length.
                    return new TestFrame(first, mask, form, said, key, payload(there, key));
                });
    }

    private static Arbitrary<TestFrame> close(boolean masked) {
        Arbitrary<byte[]> words = Arbitraries.frequencyOf(
                Tuple.of(3, Arbitraries.strings().ofMaxLength(30).map(text -> text.getBytes(UTF_8))),
                Tuple.of(1, Arbitraries.bytes().array(byte[].class).ofMaxSize(123)));
        Arbitrary<Integer> codes = Arbitraries.oneOf(
                Arbitraries.of(999, 1000, 1003, 1004, 1005, 1006, 1007, 1014, 1015, 2999, 3000, 4999, 5000),
                Arbitraries.integers().between(0, 65_535));
        return Arbitraries.frequencyOf(
                        Tuple.of(
                                6,
                                Combinators.combine(codes, words)
                                        .as((code, text) -> ByteBuffer.allocate(2 + text.length)
                                                .putShort(code.shortValue())
                                                .put(text)
                                                .array())),
                        Tuple.of(1, Arbitraries.bytes().array(byte[].class).ofMaxSize(1)))
                .map(payload -> Arrays.copyOf(payload, Math.min(125, payload.length)))
                .flatMap(payload -> Arbitraries.integers().map(key -> TestFrame.of(0x88, payload, masked, key)));
    }

    private static byte[] payload(int length, int seed) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }
}
