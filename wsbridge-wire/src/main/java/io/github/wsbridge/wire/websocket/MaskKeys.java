package io.github.wsbridge.wire.websocket;

import java.nio.ByteBuffer;
import java.security.SecureRandom;

/** Masking keys from a strong source of entropy (RFC 6455, section 5.3), generated in batches. */
public final class MaskKeys {

    private static final int BYTES = 1024;
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final ThreadLocal<ByteBuffer> STORE =
            ThreadLocal.withInitial(() -> ByteBuffer.allocate(BYTES).limit(0));

    private MaskKeys() {}

    /** Returns the next key. */
    public static int next() {
        ByteBuffer store = STORE.get();
        if (!store.hasRemaining()) {
            RANDOM.nextBytes(store.array());
            store.clear();
        }
        return store.getInt();
    }
}
