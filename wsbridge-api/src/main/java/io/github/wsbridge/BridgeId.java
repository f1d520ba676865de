package io.github.wsbridge;

import java.util.HexFormat;
import java.util.random.RandomGenerator;

/**
 * The random id of a bridge: 128 bits, unique without coordination between nodes.
 *
 * <p>An id may be logged. It grants no access; only a {@link BridgeToken}, which contains it encrypted, does.
 *
 * @param high the upper 64 bits
 * @param low the lower 64 bits
 */
public record BridgeId(long high, long low) {

    /** Returns a random id. {@code random} must be cryptographically strong, such as a {@code SecureRandom}. */
    public static BridgeId random(RandomGenerator random) {
        return new BridgeId(random.nextLong(), random.nextLong());
    }

    /**
     * Parses the output of {@link #toString()}.
     *
     * @throws IllegalArgumentException if {@code hex} is not 32 hexadecimal digits
     */
    public static BridgeId parse(String hex) {
        if (hex.length() != 32) {
            throw new IllegalArgumentException("a bridge id must have 32 hexadecimal digits");
        }
        return new BridgeId(HexFormat.fromHexDigitsToLong(hex, 0, 16), HexFormat.fromHexDigitsToLong(hex, 16, 32));
    }

    /** Returns the id as 32 lower-case hexadecimal digits. */
    @Override
    public String toString() {
        HexFormat hex = HexFormat.of();
        return hex.toHexDigits(high) + hex.toHexDigits(low);
    }
}
