package io.github.wsbridge.website;

import io.github.wsbridge.wire.net.ClientAddress;
import java.net.InetAddress;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Who has signed in. A browser has a cookie of its own for each host, so that no device's host can be used for another:
 * the cookie of a device's host is had for a ticket, which works once, soon and in one browser, and which the start
 * page gives. Thread-safe.
 *
 * <p>Everybody can sign in with anything, since only the bridge knows whether a credential is worth something. So the
 * sessions that have not reached a device yet have places of their own, of which an address has few.
 */
final class SignIns {

    static final Duration LIFE = Duration.ofHours(12);
    private static final Duration TICKET = Duration.ofSeconds(30);
    private static final int MOST_PROVEN = 10_000;
    private static final int MOST_PROVEN_OF_ONE = 1_000;
    private static final int MOST_NEW = 2_000;
    static final int MOST_NEW_OF_ONE = 100;

    private final Function<Visitor, Access> access;
    private final @Nullable Function<SignedLink, Access> links;
    private final InstantSource clock;
    private final Map<String, Session> sessions = new ConcurrentHashMap<>(); // changed with the lock only
    private final Places unproven = new Places(MOST_NEW, MOST_NEW_OF_ONE, Session::site); // guarded by this
    private final Places proven = new Places(MOST_PROVEN, MOST_PROVEN_OF_ONE, Session::owner); // guarded by this

    /**
     * Creates it.
     *
     * @param access how a visitor reaches devices
     * @param links how somebody with a link does; null if that is not possible
     */
    SignIns(Function<Visitor, Access> access, @Nullable Function<SignedLink, Access> links, InstantSource clock) {
        this.access = access;
        this.links = links;
        this.clock = clock;
    }

    /** Signs in somebody whom only the bridge can know, and returns the value of the start page's cookie. */
    String enter(Visitor visitor) {
        return enter(visitor.address(), visitor.credential(), access.apply(visitor), end(Instant.MAX), unproven)
                .cookie(Session.START);
    }

    /**
     * Signs in somebody who has a link to a device, and returns the value of the cookie for the device's host only: a
     * link must not replace who somebody is elsewhere. Empty if links are of no use here.
     *
     * @param principal whom the link names. Its text cannot be who they are: it can be written in any number of ways
     */
    Optional<String> enter(SignedLink link, String principal, Instant until) {
        if (links == null) {
            return Optional.empty();
        }
        Access found = links.apply(link).limitedTo(link.device()::equals);
        Session session = enter(link.address(), "guest of " + principal, found, end(until), unproven);
        return Optional.of(session.cookie(link.device()));
    }

    private Instant end(Instant until) {
        Instant latest = clock.instant().plus(LIFE);
        return until.isBefore(latest) ? until : latest;
    }

    /** Signs in somebody whom a provider knows, and returns the value of the start page's cookie. */
    String enter(SignInProvider.Person person, InetAddress address) {
        Access found = access.apply(new Visitor(person.credential(), address)).limitedTo(person.mayOpen());
        return enter(address, person.name(), found, end(person.until()), proven).cookie(Session.START);
    }

    private Session enter(InetAddress address, String owner, Access found, Instant until, Places places) {
        String id = RandomText.next();
        Session session = new Session(
                id, ClientAddress.site(address.getHostAddress()), owner, found.heardBy(channel -> prove(id)), until);
        Session surplus;
        synchronized (this) {
            sessions.put(id, session);
            surplus = places.add(session);
            forget(surplus);
        }
        end(surplus);
        return session;
    }

    /** Called when a session has reached a device. */
    private void prove(String id) {
        Session surplus = null;
        synchronized (this) {
            Session session = sessions.get(id);
            if (session != null && unproven.remove(session)) {
                surplus = proven.add(session);
                forget(surplus);
            }
        }
        end(surplus);
    }

    /** Returns who has the cookie of a host: {@link Session#START}, or a device's id. */
    Optional<Session> at(String cookie, String scope) {
        return named(cookie).filter(session -> session.hasCookie(cookie, scope));
    }

    private Optional<Session> named(String token) {
        return Optional.ofNullable(sessions.get(Session.named(token)))
                .filter(session -> clock.instant().isBefore(session.until()));
    }

    /**
     * Returns a ticket for a device's host.
     *
     * @param entry the {@link OwnCookie#ENTRY} of the browser at that host
     */
    String ticket(Session session, String device, String entry) {
        return session.ticket(device, entry, clock.instant().plus(TICKET));
    }

    /** Takes a ticket, and returns the value of the cookie for the device's host. */
    Optional<String> redeem(String ticket, String device, String entry) {
        return named(ticket)
                .filter(session -> session.redeem(ticket, device, entry, clock.instant()))
                .map(session -> session.cookie(device));
    }

    /** Signs out: the cookies of all hosts are worth nothing any more, and what goes on with them ends. */
    void leave(Session session) {
        synchronized (this) {
            unproven.remove(session);
            proven.remove(session);
            forget(session);
        }
        end(session);
    }

    /** Ends the sessions whose time is over. */
    void removeEnded() {
        Instant now = clock.instant();
        List<Session> ended = sessions.values().stream()
                .filter(session -> !now.isBefore(session.until()))
                .toList();
        ended.forEach(this::leave);
    }

    /** Called with the lock. */
    private void forget(@Nullable Session session) {
        if (session != null) {
            sessions.remove(session.id());
        }
    }

    /** Called without the lock. */
    private static void end(@Nullable Session session) {
        if (session != null) {
            session.end();
        }
    }
}
