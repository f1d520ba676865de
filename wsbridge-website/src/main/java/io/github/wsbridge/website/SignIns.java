package io.github.wsbridge.website;

import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Who has signed in. A browser has a cookie of its own for each host, so that no device's host can be used for another:
 * the cookie of a device's host is had for a ticket, which works once and soon, and which the start page gives.
 * Thread-safe.
 */
final class SignIns {

    static final Duration LIFE = Duration.ofHours(12);
    private static final Duration TICKET = Duration.ofSeconds(30);
    private static final int MOST_SESSIONS = 10_000;
    private static final int MOST_GRANTS = 100_000;
    private static final int TOKEN_BYTES = 24;

    /** The scope of the start page, which is no device's id. */
    private static final String START = "";

    /** One browser of one person, who reaches devices with a credential of the person's own. */
    static final class Session {
        private final Access access;
        private boolean left; // guarded by the sign-ins

        private Session(Access access) {
            this.access = access;
        }

        Access access() {
            return access;
        }
    }

    /** What a token is good for. */
    private record Grant(Session session, String scope, Instant until) {}

    /** In the order of their ends, since all of a kind last equally long. */
    private static final class Grants extends LinkedHashMap<String, Grant> {
        private static final long serialVersionUID = 1L;
        private final int most;

        Grants(int most) {
            this.most = most;
        }

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Grant> eldest) {
            return size() > most;
        }

        void removeEnded(Instant now) {
            Iterator<Grant> oldest = values().iterator();
            while (oldest.hasNext() && oldest.next().until().isBefore(now)) {
                oldest.remove();
            }
        }
    }

    private final Function<Visitor, Access> access;
    private final InstantSource clock;
    private final SecureRandom random = new SecureRandom();
    private final Grants starts = new Grants(MOST_SESSIONS);
    private final Grants devices = new Grants(MOST_GRANTS);
    private final Grants tickets = new Grants(MOST_SESSIONS);

    SignIns(Function<Visitor, Access> access, InstantSource clock) {
        this.access = access;
        this.clock = clock;
    }

    /** Signs somebody in, and returns the value of the start page's cookie. */
    String enter(Visitor visitor) {
        Session session = new Session(access.apply(visitor));
        return grant(starts, session, START, LIFE);
    }

    /** Returns who has the start page's cookie. */
    synchronized Optional<Session> at(String cookie) {
        return valid(starts.get(cookie), START);
    }

    /** Returns who has the cookie of a device's host. */
    synchronized Optional<Session> at(String cookie, String device) {
        return valid(devices.get(cookie), device);
    }

    /** Returns a ticket for a device's host. */
    String ticket(Session session, String device) {
        return grant(tickets, session, device, TICKET);
    }

    /** Takes a ticket, and returns the value of the cookie for the device's host. */
    Optional<String> redeem(String ticket, String device) {
        Optional<Session> session;
        synchronized (this) {
            session = valid(tickets.remove(ticket), device);
        }
        return session.map(found -> grant(devices, found, device, LIFE));
    }

    /** Signs out: the cookies of all hosts are worth nothing any more. */
    synchronized void leave(Session session) {
        session.left = true; // for what is granted to it at the same time
        starts.values().removeIf(grant -> grant.session() == session);
        devices.values().removeIf(grant -> grant.session() == session);
        tickets.values().removeIf(grant -> grant.session() == session);
    }

    /** Called with the lock. */
    private Optional<Session> valid(@Nullable Grant grant, String scope) {
        return Optional.ofNullable(grant)
                .filter(found -> found.scope().equals(scope) && found.until().isAfter(clock.instant()))
                .map(Grant::session)
                .filter(session -> !session.left);
    }

    private String grant(Grants kind, Session session, String scope, Duration life) {
        byte[] bytes = new byte[TOKEN_BYTES];
        random.nextBytes(bytes);
        String token = Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
        Instant now = clock.instant();
        synchronized (this) {
            kind.removeEnded(now);
            kind.put(token, new Grant(session, scope, now.plus(life)));
        }
        return token;
    }
}
