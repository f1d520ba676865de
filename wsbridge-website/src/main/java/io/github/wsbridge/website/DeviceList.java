package io.github.wsbridge.website;

import java.util.Collection;
import java.util.Map;
import java.util.stream.Collectors;

/** The devices that the start page shows. */
@FunctionalInterface
public interface DeviceList {

    /**
     * Returns the devices and what is known about each. Called on an event loop: must not block. The website itself
     * adds what it has found out about devices with {@link Presence#UNKNOWN} when somebody opened them.
     */
    Map<String, Presence> devices();

    /** Returns a list of devices about which nothing is known. */
    static DeviceList of(Collection<String> ids) {
        Map<String, Presence> unknown =
                ids.stream().distinct().collect(Collectors.toUnmodifiableMap(id -> id, id -> Presence.UNKNOWN));
        return () -> unknown;
    }
}
