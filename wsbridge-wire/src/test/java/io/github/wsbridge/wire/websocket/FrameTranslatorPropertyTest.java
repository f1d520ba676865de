package io.github.wsbridge.wire.websocket;

import io.github.wsbridge.wire.websocket.WireStreams.Sent;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;

/** For any stream and any chunking, the translator's output agrees with the test decoder. */
class FrameTranslatorPropertyTest {

    private static final int TINY = 11;

    @Property(tries = 50)
    void tinyStreams_areReadEqually_inEveryChunking(@ForAll("tiny") Sent sent, @ForAll boolean direct) {
        FrameTrial trial = new FrameTrial(sent.wire(), sent.masked());
        for (int bits = 0; bits < 1 << Math.max(0, trial.length() - 1); bits++) {
            int[] ends = FrameTrial.cuts(trial.length(), bits);
            trial.translate(ends, direct);
            trial.read(ends, direct, bits);
        }
    }

    @Property(tries = 200)
    void shortStreams_areReadEqually_splitAnywhere(@ForAll("brief") Sent sent, @ForAll boolean direct) {
        FrameTrial trial = new FrameTrial(sent.wire(), sent.masked());
        int length = trial.length();
        for (int cut = 0; cut < length; cut++) {
            int[] ends = cut == 0 ? new int[] {length} : new int[] {cut, length};
            trial.translate(ends, direct);
            trial.read(ends, direct, cut);
        }
        for (int size = 1; size <= 16; size++) {
            int[] ends = FrameTrial.cycle(length, List.of(size));
            trial.translate(ends, direct);
            trial.read(ends, direct, -1);
        }
    }

    @Property(tries = 300)
    void anyStream_isTranslated_inAnyPieces(
            @ForAll("any") Sent sent,
            @ForAll("sizes") List<Integer> sizes,
            @ForAll boolean unmask,
            @ForAll boolean direct) {
        FrameTrial trial = new FrameTrial(sent.wire(), sent.masked());
        trial.translate(FrameTrial.cycle(trial.length(), sizes), unmask, direct, 0);
        trial.translate(new int[] {trial.length()}, unmask, direct, 0);
    }

    @Property(tries = 300)
    void anyStream_isStripped_inAnyPieces(
            @ForAll("any") Sent sent, @ForAll("sizes") List<Integer> sizes, @ForAll int read, @ForAll boolean direct) {
        FrameTrial trial = new FrameTrial(sent.wire(), sent.masked());
        trial.strip(FrameTrial.cycle(trial.length(), sizes), direct, 0);
        trial.strip(FrameTrial.cycle(trial.length(), sizes), direct, read);
        trial.strip(new int[] {trial.length()}, direct, 0);
    }

    @Property(tries = 300)
    void anyStream_isRead_inAnyPieces(
            @ForAll("any") Sent sent, @ForAll("sizes") List<Integer> sizes, @ForAll int ask, @ForAll boolean direct) {
        FrameTrial trial = new FrameTrial(sent.wire(), sent.masked());
        trial.read(FrameTrial.cycle(trial.length(), sizes), direct, ask);
    }

    @Property(tries = 300)
    void anyStream_isEqual_readAndTranslatedAlternately(
            @ForAll("any") Sent sent,
            @ForAll("sizes") List<Integer> sizes,
            @ForAll boolean unmask,
            @ForAll int read,
            @ForAll boolean direct) {
        FrameTrial trial = new FrameTrial(sent.wire(), sent.masked());
        trial.translate(FrameTrial.cycle(trial.length(), sizes), unmask, direct, read);
    }

    @Provide
    Arbitrary<Sent> tiny() {
        return WireStreams.tiny(TINY);
    }

    @Provide
    Arbitrary<Sent> brief() {
        return WireStreams.brief();
    }

    @Provide
    Arbitrary<Sent> any() {
        return WireStreams.any();
    }

    /** Chunk sizes. One is large, so that long streams do not have too many chunks. */
    @Provide
    Arbitrary<List<Integer>> sizes() {
        return Arbitraries.frequencyOf(
                        Tuple.of(4, Arbitraries.integers().between(1, 20)),
                        Tuple.of(2, Arbitraries.integers().between(1, 400)),
                        Tuple.of(1, Arbitraries.integers().between(1, 70_000)))
                .list()
                .ofMinSize(1)
                .ofMaxSize(6);
    }
}
