package io.github.wsbridge.signal.webhook;

import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonWriter;
import io.github.wsbridge.Rejection;
import io.github.wsbridge.wire.message.RejectionJson;

/** The body of an answer to a webhook; docs/protocol.md describes it. */
final class ResultJson {

    static final String DELIVERED = "delivered";
    static final String REJECTED = "rejected";
    static final String UNREACHABLE = "unreachable";
    static final String DEFERRED = "deferred";

    private ResultJson() {}

    static String result(String result) {
        return JsonWriter.string(JsonObject.builder().value("result", result).done());
    }

    static String unreachable(String reason) {
        return JsonWriter.string(JsonObject.builder()
                .value("result", UNREACHABLE)
                .value("reason", reason)
                .done());
    }

    static String rejected(Rejection rejection) {
        return JsonWriter.string(RejectionJson.complete(JsonObject.builder().value("result", REJECTED), rejection));
    }

    static String error(String why) {
        return JsonWriter.string(JsonObject.builder().value("error", why).done());
    }
}
