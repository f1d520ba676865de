package io.github.wsbridge.wire.message;

import com.grack.nanojson.JsonObject;

/** Tells a device to listen on another node, because this one is about to stop: {@code {"type":"move"}}. */
public final class MoveJson {

    public static final String TYPE = "move";

    private MoveJson() {}

    public static JsonObject write() {
        return JsonObject.builder().value("type", TYPE).done();
    }
}
