package io.github.wsbridge.signal.mqtt;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.random.RandomGenerator;

/** What ties an answer to its invitation: 16 random bytes, for nobody but the two ends to know. */
final class Correlation {

    private static final int LENGTH = 16;

    /** The longest that a device sends back, in bytes; others than this project's nodes may choose their own length. */
    static final int MAX_LENGTH = 1024;

    private final byte[] bytes;

    Correlation(byte[] bytes) {
        this.bytes = bytes.clone();
    }

    static Correlation random(RandomGenerator random) {
        byte[] bytes = new byte[LENGTH];
        random.nextBytes(bytes);
        return new Correlation(bytes);
    }

    static Correlation of(ByteBuffer data) {
        byte[] bytes = new byte[data.remaining()];
        data.duplicate().get(bytes);
        return new Correlation(bytes);
    }

    byte[] bytes() {
        return bytes.clone();
    }

    int length() {
        return bytes.length;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Correlation that && Arrays.equals(bytes, that.bytes);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bytes);
    }

    /** Does not show it: who knows it can answer. */
    @Override
    public String toString() {
        return "Correlation[redacted]";
    }
}
