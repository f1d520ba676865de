package io.github.wsbridge.proxy;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.ByteBuffer;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What clients of the proxy say. What is not valid is a {@link Refusal}. */
class ConversationFuzzTest {

    private record Outcome(@Nullable Object wish, boolean refused, ByteBuffer rest) {}

    @FuzzTest(maxDuration = "1m")
    void anyBytes_areUnderstoodAlike_howeverTheyArrive(byte[] input) {
        if (input.length > 0) {
            Outcome whole = hear(input, input.length);
            for (int size : new int[] {1, 7, Math.max(1, input.length / 2)}) {
                Outcome pieces = hear(input, size);
                if (!whole.equals(pieces)) {
                    throw new AssertionError(whole + " in pieces of " + size + " is " + pieces);
                }
            }
        }
    }

    private static Outcome hear(byte[] input, int size) {
        Conversation talk = new Conversation();
        boolean refused = false;
        try {
            for (int from = 0; from < input.length; from += size) {
                talk.hear(ByteBuffer.wrap(input, from, Math.min(size, input.length - from)));
            }
        } catch (Refusal e) {
            refused = true;
            Objects.requireNonNull(e.getMessage());
        }
        ByteBuffer said = talk.said();
        if (talk.wish() != null) {
            talk.grant();
            if (!talk.said().hasRemaining()) {
                throw new AssertionError("granted without a word, after " + said);
            }
        }
        return new Outcome(talk.wish(), refused, talk.rest());
    }
}
