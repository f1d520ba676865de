package io.github.wsbridge.core.peers;

import com.grack.nanojson.JsonObject;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.wire.message.JsonMessage;
import io.github.wsbridge.wire.message.MalformedMessageException;
import io.github.wsbridge.wire.message.TextAssembler;
import io.github.wsbridge.wire.relay.Demands;
import io.github.wsbridge.wire.relay.ForwardingReceiver;
import io.github.wsbridge.wire.relay.HeldLeg;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.concurrent.CompletableFuture;

/**
 * The first message of a forwarded accept, by which the owner proves that it could read the credential. Until it has
 * arrived, nothing is sent, so it costs no round trip: the owner sends it right after its handshake.
 */
public final class OwnerProof extends ForwardingReceiver {

    private static final String TYPE = "owner";

    private final Leg leg;
    private final HeldLeg held;
    private final Demands demands;
    private final String challenge;
    private final CompletableFuture<Leg> result;
    private final TextAssembler message = new TextAssembler();
    private boolean read; // used on the receiver's thread only

    /** Thrown if somebody else answers at the owner's address. */
    static final class Missing extends IOException {
        private static final long serialVersionUID = 1L;

        Missing() {
            super("the server does not prove to be the owner");
        }
    }

    /**
     * Prepares to wait for the proof.
     *
     * @param leg not yet opened; dropped if {@code result} fails
     * @param result completed with the leg, which can then be used as if it were new
     */
    OwnerProof(Leg leg, String challenge, CompletableFuture<Leg> result) {
        this(leg, new HeldLeg(leg), challenge, result);
    }

    private OwnerProof(Leg leg, HeldLeg held, String challenge, CompletableFuture<Leg> result) {
        super(held.receiver());
        this.leg = leg;
        this.held = held;
        this.demands = new Demands(leg::demand);
        this.challenge = challenge;
        this.result = result;
    }

    /** Returns the owner's message. */
    public static JsonObject write(String challenge) {
        return JsonObject.builder()
                .value("type", TYPE)
                .value("proof", challenge)
                .done();
    }

    void await() {
        leg.open(this);
        result.whenComplete((done, failure) -> {
            if (failure != null) {
                leg.abort();
            }
        });
        demands.one();
    }

    @Override
    public void onFragment(Fragment fragment) {
        if (read) {
            super.onFragment(fragment);
            return;
        }
        try {
            String text = message.add(fragment);
            if (text == null) {
                demands.one();
                return;
            }
            read = true;
            if (proves(JsonMessage.read(text))) {
                if (!result.complete(held)) {
                    leg.abort(); // too late
                }
                return;
            }
        } catch (MalformedMessageException e) {
            // as if it were another message
        }
        result.completeExceptionally(new Missing());
    }

    private boolean proves(JsonObject message) {
        return JsonMessage.type(message).equals(TYPE)
                && MessageDigest.isEqual(
                        JsonMessage.string(message, "proof").getBytes(StandardCharsets.UTF_8),
                        challenge.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public void onClosed(CloseReason reason) {
        super.onClosed(reason);
        result.completeExceptionally(new IOException("the owner ended the connection at once: " + reason));
    }
}
