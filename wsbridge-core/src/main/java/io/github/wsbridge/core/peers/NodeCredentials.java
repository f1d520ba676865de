package io.github.wsbridge.core.peers;

import io.github.wsbridge.BridgeToken;
import io.github.wsbridge.NodeAddress;
import io.github.wsbridge.core.tokens.TokenKeys;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Proves to a node that it is connected with another node of its cluster, in both directions: by what only a holder of
 * the cluster's keys can encrypt or decrypt. No clock is involved, so those of the nodes may differ.
 *
 * <p>Whatever is sealed here is bound to the address that was dialled. A node opens only what is meant for its own
 * address, so whoever is at the address of another node, such as a former one, can neither read nor answer it, nor have
 * it answered by a node elsewhere.
 *
 * <p>A forwarded accept contains a random number, which the owner reveals: only a holder of the keys can read it. The
 * token inside works once, so a replay achieves nothing. On a peer link, each end answers a challenge of the other.
 */
public final class NodeCredentials {

    private static final int MAX_LENGTH = 2048;
    private static final int NONCE_BYTES = 16;
    private static final byte VERSION = 3;

    private final Supplier<TokenKeys> keys;
    private final SecureRandom random = new SecureRandom();

    public NodeCredentials(Supplier<TokenKeys> keys) {
        this.keys = keys;
    }

    /**
     * A request to another node.
     *
     * @param credential the value of its header field
     * @param challenge what the other node must know, or answer
     */
    public record Request(String credential, String challenge) {

        @Override
        public String toString() {
            return "Request[redacted]";
        }
    }

    /**
     * A forwarded accept, as its addressee reads it.
     *
     * @param token the token of the device
     * @param challenge what proves to the forwarding node that this one could read it
     */
    public record Forwarded(BridgeToken token, String challenge) {

        @Override
        public String toString() {
            return "Forwarded[redacted]";
        }
    }

    /** Seals an accept, or a rejection, for the owner of the token. */
    public Request forward(NodeAddress owner, BridgeToken token, boolean rejects) {
        byte[] text = token.value().getBytes(StandardCharsets.US_ASCII);
        byte[] nonce = nonce();
        byte[] plain = ByteBuffer.allocate(1 + NONCE_BYTES + text.length)
                .put(VERSION)
                .put(nonce)
                .put(text)
                .array();
        return new Request(keys.get().seal(plain, forwardBinding(owner, rejects)), text(nonce));
    }

    /** Reads a forwarded accept or rejection. Returns null if it is none for this addressee. */
    @Nullable
    public Forwarded forwarded(String credential, NodeAddress addressee, boolean rejects) {
        byte[] plain = open(credential, forwardBinding(addressee, rejects));
        if (plain == null || plain.length <= 1 + NONCE_BYTES || plain[0] != VERSION) {
            return null;
        }
        String token = new String(plain, 1 + NONCE_BYTES, plain.length - 1 - NONCE_BYTES, StandardCharsets.US_ASCII);
        return new Forwarded(new BridgeToken(token), text(Arrays.copyOfRange(plain, 1, 1 + NONCE_BYTES)));
    }

    private static byte[] forwardBinding(NodeAddress owner, boolean rejects) {
        return binding("forward", owner, rejects ? "reject" : "accept");
    }

    /** Asks another node for a peer link. */
    public Request link(NodeAddress peer) {
        byte[] nonce = nonce();
        byte[] plain =
                ByteBuffer.allocate(1 + NONCE_BYTES).put(VERSION).put(nonce).array();
        return new Request(keys.get().seal(plain, binding("link", peer)), text(nonce));
    }

    /** Reads a request for a peer link. Returns its challenge, or null if it is none for this addressee. */
    @Nullable
    public String linked(String credential, NodeAddress addressee) {
        byte[] plain = open(credential, binding("link", addressee));
        return plain == null || plain.length != 1 + NONCE_BYTES || plain[0] != VERSION
                ? null
                : text(Arrays.copyOfRange(plain, 1, plain.length));
    }

    /** Returns the challenge of the node that was dialled. */
    String challenge() {
        return text(nonce());
    }

    /**
     * Answers the challenge of the node that has dialled {@code self}, and sends the time with it.
     *
     * @param dialler that challenge
     * @param dialled this node's own challenge
     */
    String answer(NodeAddress self, String dialler, String dialled, Instant time) {
        byte[] plain =
                ByteBuffer.allocate(Long.BYTES).putLong(time.toEpochMilli()).array();
        return keys.get().seal(plain, binding("answer", self, dialler, dialled));
    }

    /** Reads the answer of the node that was dialled. Returns its time, or null if it proves nothing. */
    @Nullable
    Instant answered(String answer, NodeAddress dialledAddress, String dialler, String dialled) {
        byte[] plain = open(answer, binding("answer", dialledAddress, dialler, dialled));
        return plain == null || plain.length != Long.BYTES
                ? null
                : Instant.ofEpochMilli(ByteBuffer.wrap(plain).getLong());
    }

    /**
     * What a proof says.
     *
     * @param from the node that has answered the challenge
     * @param time that node's clock
     */
    record Proof(NodeAddress from, Instant time) {}

    /** Answers the challenge of the node that was dialled. */
    String prove(NodeAddress dialledAddress, String dialler, String dialled, Proof proof) {
        byte[] from = proof.from().toString().getBytes(StandardCharsets.UTF_8);
        byte[] plain = ByteBuffer.allocate(Long.BYTES + from.length)
                .putLong(proof.time().toEpochMilli())
                .put(from)
                .array();
        return keys.get().seal(plain, binding("proof", dialledAddress, dialler, dialled));
    }

    /** Reads the proof of a node that has dialled {@code self}. Returns null if it is none. */
    @Nullable
    Proof check(String proof, NodeAddress self, String dialler, String dialled) {
        byte[] plain = open(proof, binding("proof", self, dialler, dialled));
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

    private byte[] nonce() {
        byte[] nonce = new byte[NONCE_BYTES];
        random.nextBytes(nonce);
        return nonce;
    }

    private static String text(byte[] nonce) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(nonce);
    }

    /** No part contains a line feed, so different parts never make the same binding. */
    private static byte[] binding(String what, NodeAddress addressee, String... more) {
        StringBuilder text = new StringBuilder("wsbridge node " + what + " v3\n").append(addressee);
        for (String part : more) {
            text.append('\n').append(part);
        }
        return text.toString().getBytes(StandardCharsets.UTF_8);
    }
}
