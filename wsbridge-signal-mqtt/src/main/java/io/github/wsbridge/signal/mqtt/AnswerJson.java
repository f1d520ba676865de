package io.github.wsbridge.signal.mqtt;

import com.grack.nanojson.JsonObject;
import io.github.wsbridge.Rejection;
import io.github.wsbridge.spi.Signaller.Result;
import io.github.wsbridge.wire.message.JsonMessage;
import io.github.wsbridge.wire.message.MalformedMessageException;
import io.github.wsbridge.wire.message.RejectionJson;

/** A device's answer on the response topic; docs/protocol.md describes it. */
final class AnswerJson {

    private static final String ACCEPT = "accept";

    private AnswerJson() {}

    /** The device will open the accept URL. */
    static JsonObject accept() {
        return JsonObject.builder().value("type", ACCEPT).done();
    }

    static JsonObject reject(Rejection rejection) {
        return RejectionJson.complete(JsonObject.builder().value("type", RejectionJson.TYPE), rejection);
    }

    /**
     * Reads an answer.
     *
     * @return {@link Result.Delivered} where it accepts
     * @throws MalformedMessageException if it is not an answer
     */
    static Result read(JsonObject message) {
        return switch (JsonMessage.type(message)) {
            case ACCEPT -> new Result.Delivered();
            case RejectionJson.TYPE -> new Result.Rejected(RejectionJson.read(message));
            default -> throw new MalformedMessageException("not an answer");
        };
    }
}
