package io.github.wsbridge.wire.message;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.grack.nanojson.JsonObject;
import io.github.wsbridge.Invitation;
import java.util.List;
import java.util.function.Consumer;

/** Messages from devices, nodes, brokers and webhooks. What is not valid is an {@link IllegalArgumentException}. */
class MessageFuzzTest {

    private static final List<Consumer<JsonObject>> READERS = List.of(
            MessageFuzzTest::invitation,
            EstablishedJson::read,
            RejectionJson::read,
            RejectionJson::readToken,
            WithdrawalJson::readToken,
            JsonMessage::type);

    @FuzzTest(maxDuration = "1m")
    void anyBytes_areReadOrRefused(byte[] input) {
        JsonObject message;
        try {
            message = JsonMessage.read(input);
        } catch (MalformedMessageException e) {
            return;
        }
        for (Consumer<JsonObject> reader : READERS) {
            try {
                reader.accept(message);
            } catch (IllegalArgumentException e) {
                // refused
            }
        }
    }

    private static void invitation(JsonObject message) {
        Invitation invitation = InvitationJson.read(message, "device");
        Invitation again = InvitationJson.read(InvitationJson.write(invitation), "device");
        if (!again.equals(invitation)) {
            throw new AssertionError(again + " in place of " + invitation);
        }
    }
}
