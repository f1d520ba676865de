package io.github.wsbridge.wire.websocket;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Streams that the fuzzer makes up. In {@code mvn verify} only those that are kept beside this class run; see CONTRIBUTING.md
 * for the search for new ones.
 */
class FrameTranslatorFuzzTest {

    private static final int SIZES = 3;

    /**
     * @param input one byte of choices, three sizes of pieces, then what comes from the wire
     */
    @FuzzTest(maxDuration = "3m")
    void anyBytes_areReadAsTheDecoderReadsThem(byte[] input) {
        if (input.length <= SIZES) {
            return;
        }
        int choices = input[0];
        List<Integer> sizes = new ArrayList<>();
        for (int i = 1; i <= SIZES; i++) {
            sizes.add(1 + (input[i] & 0xFF));
        }
        byte[] wire = Arrays.copyOfRange(input, 1 + SIZES, input.length);
        boolean masked = (choices & 1) != 0;
        boolean unmask = (choices & 2) != 0;
        boolean direct = (choices & 4) != 0;
        FrameTrial trial = new FrameTrial(wire, masked);
        int[] pieces = FrameTrial.cycle(wire.length, sizes);
        int[] whole = FrameTrial.cycle(wire.length, List.of(Math.max(1, wire.length)));
        trial.translate(whole, unmask, direct, 0);
        trial.translate(pieces, unmask, direct, 0);
        trial.translate(pieces, unmask, direct, choices >> 3);
        trial.strip(pieces, direct, choices >> 3);
        trial.read(pieces, direct, choices >> 3);
    }
}
