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
 * Proves to a node that a request comes from another node of its cluster: a short sealed statement with the time, bound to
 * the addressee and to the subject of the request (the token of a forwarded accept, or the peer link). Good for a minute
 * either way, so the nodes' clocks must agree to that. A credential for a peer link is good once.
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

    /** Only genuine credentials come here, so the nodes themselves bound the size of the map. */
    private boolean firstUse(String credential, Instant now) {
        usedUntil.values().removeIf(until -> until.isBefore(now));
        return usedUntil.putIfAbsent(credential, now.plus(GOOD_FOR.multipliedBy(2))) == null;
    }

    private static byte[] binding(NodeAddress addressee, String subject) {
        return ("wsbridge node credential v1\n" + addressee + "\n" + subject).getBytes(StandardCharsets.UTF_8);
    }
}
