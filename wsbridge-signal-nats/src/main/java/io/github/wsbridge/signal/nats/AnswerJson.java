package io.github.wsbridge.signal.nats;

import com.grack.nanojson.JsonObject;
import io.github.wsbridge.Rejection;
import io.github.wsbridge.spi.Signaller.Result;
import io.github.wsbridge.wire.message.JsonMessage;
import io.github.wsbridge.wire.message.MalformedMessageException;
import io.github.wsbridge.wire.message.RejectionJson;

/** A device's reply to an invitation, as in docs/protocol.md. */
final class AnswerJson {

    private static final String ACCEPT = "accept";

    private AnswerJson() {}

    static byte[] accept() {
        return JsonMessage.write(JsonObject.builder().value("type", ACCEPT).done());
    }

    static byte[] reject(Rejection rejection) {
        return JsonMessage.write(
                RejectionJson.complete(JsonObject.builder().value("type", RejectionJson.TYPE), rejection));
    }

    /** @throws MalformedMessageException if it is not an answer */
    static Result read(byte[] payload) {
        JsonObject message = JsonMessage.read(payload);
        return switch (JsonMessage.type(message)) {
            case ACCEPT -> new Result.Delivered();
            case RejectionJson.TYPE -> new Result.Rejected(RejectionJson.read(message));
            default -> throw new MalformedMessageException("not an answer");
        };
    }
}
