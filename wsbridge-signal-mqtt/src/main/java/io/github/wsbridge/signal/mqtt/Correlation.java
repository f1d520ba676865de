package io.github.wsbridge.signal.mqtt;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.random.RandomGenerator;

/** Correlation data that links an answer to its invitation: 16 random bytes, known only to the two ends. */
final class Correlation {

    private static final int LENGTH = 16;

    /** The maximum length that a device returns, in bytes; nodes other than this project's may use another length. */
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

    /** Omits the data: anyone who knows it can answer. */
    @Override
    public String toString() {
        return "Correlation[redacted]";
    }
}
