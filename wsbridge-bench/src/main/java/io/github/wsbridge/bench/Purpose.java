package io.github.wsbridge.bench;

import java.util.Locale;

/** What a connection to the far end of a chain is for. Its first byte is the ordinal. */
enum Purpose {
    /** Its frames are counted. */
    SINK,
    /** Each of its frames is answered. */
    ECHO,
    /** Frames are sent on it until it ends. */
    SOURCE,
    /** Its first byte is sent back, and nothing else. */
    ANSWER,
    /** The HTTP request that follows is answered, and the connection closed. */
    PAGE,
    /** Frames are sent on it, which are not read. */
    UNREAD;

    /** Returns the purpose in the path of a {@code tcp} URL, such as {@code /sink}. */
    static Purpose ofPath(String path) {
        return valueOf(path.substring(1).toUpperCase(Locale.ROOT));
    }
}
