package io.github.wsbridge.core;

import com.grack.nanojson.JsonObject;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.wire.message.JsonMessage;
import java.nio.charset.StandardCharsets;

/** Reads the bridge's messages in tests. */
public final class Json {

    private Json() {}

    public static JsonObject read(Fragment message) {
        return JsonMessage.read(
                StandardCharsets.UTF_8.decode(message.payload().duplicate()).toString());
    }

    public static String text(Fragment message, String name) {
        return read(message).getString(name);
    }
}
