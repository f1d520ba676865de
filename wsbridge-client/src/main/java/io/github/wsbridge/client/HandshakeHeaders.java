package io.github.wsbridge.client;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;

/** The header fields that a client adds to each handshake. Not thread-safe while they are being set. */
final class HandshakeHeaders {

    private final Map<String, Supplier<String>> values = new LinkedHashMap<>();

    /** Rejects values that a handshake cannot carry, such as a key that still has the line break from its file. */
    void set(String name, String value) {
        check(name, value);
        values.put(name, () -> value);
    }

    void set(String name, Supplier<String> value) {
        values.put(name, value);
    }

    /** Returns the same fields, which do not change with these. */
    HandshakeHeaders copy() {
        HandshakeHeaders copy = new HandshakeHeaders();
        copy.values.putAll(values);
        return copy;
    }

    private static void check(String name, String value) {
        if (value.chars().anyMatch(c -> c != '\t' && Character.isISOControl(c))) {
            throw new IllegalArgumentException("the value of " + name + " contains control characters");
        }
    }

    /**
     * Returns the present values; empty ones are left out.
     *
     * @throws IOException if a supplier fails or has a value that cannot be sent, which is not quoted
     */
    Map<String, String> now() throws IOException {
        Map<String, String> now = new LinkedHashMap<>();
        for (Map.Entry<String, Supplier<String>> field : values.entrySet()) {
            try {
                String value = field.getValue().get();
                check(field.getKey(), value);
                if (!value.isEmpty()) {
                    now.put(field.getKey(), value);
                }
            } catch (RuntimeException e) {
                throw new IOException("there is no usable value for the header field " + field.getKey(), e);
            }
        }
        return now;
    }
}
