package io.github.wsbridge.website;

import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Sessions in the order in which they came, with a limit for all and one for each owner. Not thread-safe. */
final class Places {

    private final int most;
    private final int mostOfOne;
    private final Function<Session, String> owner;
    private final Set<Session> all = new LinkedHashSet<>();
    private final Map<String, Set<Session>> byOwner = new HashMap<>();

    Places(int most, int mostOfOne, Function<Session, String> owner) {
        this.most = most;
        this.mostOfOne = mostOfOne;
        this.owner = owner;
    }

    /** Adds a session, and returns the one that has to go for it: the owner's eldest or else that of all. */
    @Nullable
    Session add(Session session) {
        all.add(session);
        Set<Session> own = byOwner.computeIfAbsent(owner.apply(session), none -> new LinkedHashSet<>());
        own.add(session);
        Session surplus = own.size() > mostOfOne
                ? own.iterator().next()
                : all.size() > most ? all.iterator().next() : null;
        if (surplus != null) {
            remove(surplus);
        }
        return surplus;
    }

    /** Removes a session, and returns whether it was there. */
    boolean remove(Session session) {
        Set<Session> own = byOwner.get(owner.apply(session));
        if (own == null || !own.remove(session)) {
            return false;
        }
        if (own.isEmpty()) {
            byOwner.remove(owner.apply(session));
        }
        return all.remove(session);
    }
}
