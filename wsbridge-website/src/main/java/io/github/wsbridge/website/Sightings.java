package io.github.wsbridge.website;

import java.util.LinkedHashMap;
import java.util.Map;

/** What became of the latest attempts to reach devices. Thread-safe. */
final class Sightings {

    private static final int MOST = 10_000;

    private final Map<String, Presence> seen = new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Presence> eldest) {
            return size() > MOST;
        }
    };

    synchronized void note(String device, Presence presence) {
        seen.remove(device);
        seen.put(device, presence);
    }

    synchronized Map<String, Presence> all() {
        return new LinkedHashMap<>(seen);
    }

    synchronized Presence of(String device) {
        return seen.getOrDefault(device, Presence.UNKNOWN);
    }
}
