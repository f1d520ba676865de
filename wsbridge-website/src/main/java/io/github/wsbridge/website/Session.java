package io.github.wsbridge.website;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * One browser of one person who has signed in. The values of its cookies, one for each host, follow from a random key,
 * so that none has to be kept, and that of a device's host is of no use for another. Thread-safe.
 */
final class Session {

    /** The scope of the start page's cookie, which is no device's id. */
    static final String START = "";

    private static final String MAC = "HmacSHA256";
    private static final int MOST_TICKETS = 32;

    private final String id;
    private final SecretKeySpec key = new SecretKeySpec(RandomText.bytes(), MAC);
    private final String site;
    private final String owner;
    private final Access access;
    private final Instant until;
    private final Map<String, Ticket> tickets = new LinkedHashMap<>() { // guarded by itself
                private static final long serialVersionUID = 1L;

                @Override
                protected boolean removeEldestEntry(Map.Entry<String, Ticket> eldest) {
                    return size() > MOST_TICKETS;
                }
            };

    /** What a ticket is good for. */
    private record Ticket(String device, String entry, Instant until) {}

    /**
     * Creates a session.
     *
     * @param id a name for it, of which nobody can guess another's
     * @param site where the browser is, as limits count it
     * @param owner who the person is, as limits count it
     * @param access how devices are reached
     * @param until when it ends
     */
    Session(String id, String site, String owner, Access access, Instant until) {
        this.id = id;
        this.site = site;
        this.owner = owner;
        this.access = access;
        this.until = until;
    }

    String id() {
        return id;
    }

    String site() {
        return site;
    }

    String owner() {
        return owner;
    }

    Access access() {
        return access;
    }

    Instant until() {
        return until;
    }

    /** Returns the id of the session that a cookie or a ticket names. */
    static String named(String token) {
        int end = token.indexOf('.');
        return end < 0 ? "" : token.substring(0, end);
    }

    /** Returns the value of the cookie for a host. */
    String cookie(String scope) {
        try {
            Mac mac = Mac.getInstance(MAC);
            mac.init(key);
            byte[] proof = mac.doFinal(scope.getBytes(StandardCharsets.UTF_8));
            return id + "." + Base64.getUrlEncoder().withoutPadding().encodeToString(proof);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e); // every Java platform has it
        }
    }

    boolean hasCookie(String cookie, String scope) {
        return MessageDigest.isEqual(
                cookie.getBytes(StandardCharsets.UTF_8), cookie(scope).getBytes(StandardCharsets.UTF_8));
    }

    /** Returns a ticket for the cookie of a device's host, for the browser that has begun to open it. */
    String ticket(String device, String entry, Instant end) {
        String ticket = id + "." + RandomText.next();
        synchronized (tickets) {
            tickets.put(ticket, new Ticket(device, entry, end));
        }
        return ticket;
    }

    /** Takes a ticket, and returns whether it was good for this. */
    boolean redeem(String ticket, String device, String entry, Instant now) {
        Ticket taken;
        synchronized (tickets) {
            taken = tickets.remove(ticket);
        }
        return taken != null
                && taken.device().equals(device)
                && taken.entry().equals(entry)
                && now.isBefore(taken.until());
    }

    /** Ends what goes on in its name. */
    void end() {
        access.uses().close();
    }
}
