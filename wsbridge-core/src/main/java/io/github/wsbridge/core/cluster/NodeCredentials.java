package io.github.wsbridge.core.cluster;

import io.github.wsbridge.NodeAddress;
import io.github.wsbridge.core.tokens.TokenKeys;
import io.github.wsbridge.core.tokens.TokenText;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/**
 * Credentials that prove to a node that a request comes from another node of its cluster. A credential is the encrypted
 * current time, bound to the addressee and to the subject of the request (the token of a forwarded accept, or the peer
 * link). It is valid for one minute before and after that time, so the nodes' clocks must agree within a minute. A
 * credential for a peer link can be used once.
 */
public final class NodeCredentials {

    public static final String PEER_LINK = "peer link";

    private static final Duration GOOD_FOR = Duration.ofMinutes(1);
    private static final int MAX_LENGTH = 512;

    private final Supplier<TokenKeys> keys;
    private final InstantSource clock;
    private final Map<String, Instant> usedUntil = new ConcurrentHashMap<>();

    public NodeCredentials(Supplier<TokenKeys> keys, InstantSource clock) {
        this.keys = keys;
        this.clock = clock;
    }

    public String issue(NodeAddress addressee, String subject) {
        byte[] time = ByteBuffer.allocate(8).putLong(clock.millis()).array();
        byte[] sealed = keys.get().seal(time, binding(addressee, subject));
        return TokenText.text(sealed);
    }

    public boolean verify(String credential, NodeAddress addressee, String subject) {
        if (credential.length() > MAX_LENGTH) {
            return false;
        }
        try {
            byte[] sealed = TokenText.bytes(credential);
            byte[] time = keys.get().open(sealed, binding(addressee, subject));
            Instant issued = Instant.ofEpochMilli(ByteBuffer.wrap(time).getLong());
            Instant now = clock.instant();
            return Duration.between(issued, now).abs().compareTo(GOOD_FOR) <= 0
                    && (!subject.equals(PEER_LINK) || firstUse(credential, now));
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            return false;
        }
    }

    /** Only called for genuine credentials, so outsiders cannot fill the map. */
    private boolean firstUse(String credential, Instant now) {
        usedUntil.values().removeIf(until -> until.isBefore(now));
        return usedUntil.putIfAbsent(credential, now.plus(GOOD_FOR.multipliedBy(2))) == null;
    }

    private static byte[] binding(NodeAddress addressee, String subject) {
        return ("wsbridge node credential v1\n" + addressee + "\n" + subject).getBytes(StandardCharsets.UTF_8);
    }
}
