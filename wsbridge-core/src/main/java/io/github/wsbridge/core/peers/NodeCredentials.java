package io.github.wsbridge.core.peers;

import io.github.wsbridge.NodeAddress;
import io.github.wsbridge.core.tokens.TokenKeys;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Base64;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Proves to a node that it is connected with another node of its cluster: what only a holder of the cluster's keys can
 * encrypt. No clock is involved, so those of the nodes may differ.
 *
 * <p>A credential belongs to a request. It is bound to the addressee and to the subject: the token of a forwarded
 * accept, which works once anyway, or the peer link. A peer link works only once its two ends have exchanged a
 * challenge and a proof as well, since a credential could be a replay.
 */
public final class NodeCredentials {

    public static final String PEER_LINK = "peer link";

    private static final int MAX_LENGTH = 1024;
    private static final int NONCE_BYTES = 16;
    private static final byte[] VERSION = {2};

    private final Supplier<TokenKeys> keys;
    private final SecureRandom random = new SecureRandom();

    public NodeCredentials(Supplier<TokenKeys> keys) {
        this.keys = keys;
    }

    public String issue(NodeAddress addressee, String subject) {
        return keys.get().seal(VERSION, binding("credential", addressee, subject));
    }

    public boolean verify(String credential, NodeAddress addressee, String subject) {
        return open(credential, binding("credential", addressee, subject)) != null;
    }

    /** Returns a challenge for one peer link. */
    String challenge() {
        byte[] nonce = new byte[NONCE_BYTES];
        random.nextBytes(nonce);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(nonce);
    }

    /**
     * What a proof says.
     *
     * @param from the node that has answered the challenge
     * @param time that node's clock
     */
    record Proof(NodeAddress from, Instant time) {}

    /** Answers a challenge of {@code addressee}. */
    String prove(NodeAddress addressee, String challenge, Proof proof) {
        byte[] from = proof.from().toString().getBytes(StandardCharsets.UTF_8);
        byte[] plain = ByteBuffer.allocate(Long.BYTES + from.length)
                .putLong(proof.time().toEpochMilli())
                .put(from)
                .array();
        return keys.get().seal(plain, binding("proof", addressee, challenge));
    }

    /** Reads the answer to a challenge. Returns null if it is none. */
    @Nullable
    Proof check(String proof, NodeAddress addressee, String challenge) {
        byte[] plain = open(proof, binding("proof", addressee, challenge));
        if (plain == null || plain.length < Long.BYTES) {
            return null;
        }
        String from = new String(plain, Long.BYTES, plain.length - Long.BYTES, StandardCharsets.UTF_8);
        return new Proof(
                NodeAddress.parse(from),
                Instant.ofEpochMilli(ByteBuffer.wrap(plain).getLong()));
    }

    private byte @Nullable [] open(String sealed, byte[] binding) {
        if (sealed.length() > MAX_LENGTH) {
            return null;
        }
        try {
            return keys.get().open(sealed, binding);
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            return null;
        }
    }

    private static byte[] binding(String what, NodeAddress addressee, String subject) {
        return ("wsbridge node " + what + " v2\n" + addressee + "\n" + subject).getBytes(StandardCharsets.UTF_8);
    }
}
