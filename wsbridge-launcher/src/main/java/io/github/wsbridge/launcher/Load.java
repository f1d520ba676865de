package io.github.wsbridge.launcher;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.SplittableRandom;

/** Data to transfer: a given number of bytes in which no two blocks are equal, and their SHA-256. Not thread-safe. */
final class Load {

    /** The length of a digest, in bytes. */
    static final int DIGEST = 32;

    private static final int BLOCK = 64 * 1024;

    private final byte[] block = new byte[BLOCK];
    private final MessageDigest digest = sha256();
    private final long total;
    private long made;

    Load(long total) {
        this.total = total;
        new SplittableRandom(total).nextBytes(block);
    }

    /** Returns the next piece, empty at the end; valid until the next call. */
    ByteBuffer next() {
        int length = (int) Math.min(BLOCK, total - made);
        ByteBuffer piece = ByteBuffer.wrap(block, 0, length);
        if (length >= Long.BYTES) {
            piece.putLong(0, made); // so that a lost or repeated block changes the digest
        }
        digest.update(block, 0, length);
        made += length;
        return piece;
    }

    byte[] digest() {
        return digest.digest();
    }

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every Java platform has it
        }
    }
}
