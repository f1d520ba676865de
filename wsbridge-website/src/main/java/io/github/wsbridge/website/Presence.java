package io.github.wsbridge.website;

/** What is known about whether a device can be reached. */
public enum Presence {
    /** It listens, or has answered lately. */
    ONLINE("on line"),

    /** It does not listen, or could not be reached lately. */
    OFFLINE("off line"),

    /** Nothing is known. */
    UNKNOWN("not known");

    private final String words;

    Presence(String words) {
        this.words = words;
    }

    String words() {
        return words;
    }
}
