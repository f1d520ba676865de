package io.github.wsbridge.wire.message;

import com.grack.nanojson.JsonObject;
import io.github.wsbridge.spi.Fragment;
import java.nio.charset.StandardCharsets;

/** Reads the bridge's messages in tests. */
final class Json {

    private Json() {}

    static JsonObject read(Fragment message) {
        return Messages.parse(
                StandardCharsets.UTF_8.decode(message.payload().duplicate()).toString());
    }

    static String text(Fragment message, String name) {
        return read(message).getString(name);
    }
}
