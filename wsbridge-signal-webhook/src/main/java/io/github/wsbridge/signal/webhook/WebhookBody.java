package io.github.wsbridge.signal.webhook;

import com.grack.nanojson.JsonObject;
import io.github.wsbridge.BridgeRequest;
import io.github.wsbridge.Invitation;
import io.github.wsbridge.wire.message.InvitationJson;
import io.github.wsbridge.wire.message.JsonMessage;
import io.github.wsbridge.wire.message.MalformedMessageException;

/** The body of a webhook: an invitation that names its device. */
final class WebhookBody {

    private WebhookBody() {}

    static byte[] write(Invitation invitation) {
        JsonObject message = InvitationJson.write(invitation);
        message.put("deviceId", invitation.deviceId());
        return JsonMessage.write(message);
    }

    /** @throws MalformedMessageException if it is not an invitation, or names no device */
    static Invitation read(byte[] body) {
        JsonObject message = JsonMessage.read(body);
        String deviceId = JsonMessage.string(message, "deviceId");
        try {
            return InvitationJson.read(message, new BridgeRequest(deviceId).deviceId());
        } catch (IllegalArgumentException e) {
            throw new MalformedMessageException("not a complete invitation of a device");
        }
    }
}
