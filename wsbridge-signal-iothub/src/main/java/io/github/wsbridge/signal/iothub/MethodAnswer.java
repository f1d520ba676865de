package io.github.wsbridge.signal.iothub;

import com.grack.nanojson.JsonObject;
import io.github.wsbridge.Rejection;
import io.github.wsbridge.spi.Signaller.Result;
import io.github.wsbridge.wire.message.JsonMessage;
import io.github.wsbridge.wire.message.MalformedMessageException;
import io.github.wsbridge.wire.message.RejectionJson;

/** Status and payload with which a device answers a direct method; docs/protocol.md describes them. */
final class MethodAnswer {

    static final int OK = 200;

    private MethodAnswer() {}

    /** A rejection's status: the device's own code, unless the node would take that for an acceptance. */
    static int status(Rejection rejection) {
        return accepts(rejection.code()) ? Rejection.DEFAULT_CODE : rejection.code();
    }

    static JsonObject rejection(Rejection rejection) {
        return RejectionJson.complete(JsonObject.builder().value("result", "rejected"), rejection);
    }

    static JsonObject result(String result) {
        return JsonObject.builder().value("result", result).done();
    }

    /**
     * What a device's answer means. 0 and 200 accept; any other status rejects, with the payload's reason: its member
     * {@code reason}, or the payload itself where that is text. A member {@code code} outdoes the status.
     */
    static Result read(int status, String payload) {
        if (accepts(status)) {
            return new Result.Delivered();
        }
        int code = status;
        String reason = "";
        try {
            Object content = JsonMessage.readValue(payload);
            if (content instanceof String text) {
                reason = text;
            } else if (content instanceof JsonObject object) {
                code = object.getInt("code", status);
                reason = object.getString("reason", "");
            }
        } catch (MalformedMessageException e) {
            // The status says enough.
        }
        return new Result.Rejected(Rejection.isCode(code) ? code : Rejection.DEFAULT_CODE, reason);
    }

    private static boolean accepts(int status) {
        return status == 0 || status == OK;
    }
}
