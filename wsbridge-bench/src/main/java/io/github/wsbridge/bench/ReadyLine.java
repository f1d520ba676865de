package io.github.wsbridge.bench;

import java.io.IOException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The lines that our commands print when they are ready. */
final class ReadyLine {

    static final String NODE = "node ready: ";
    static final String EXPOSED = "port ready: ";
    static final String DEVICE = "device ready: ";
    static final String TUNNEL = "tunnel ready: ";

    /** The first address of the line: {@code HOST:PORT}, not that of a URL. */
    private static final Pattern PORT = Pattern.compile(" ready: (?:[a-z ]*)?(?:\\[[^]]*]|[^ :\\[]+):(\\d+)[ ,]");

    private ReadyLine() {}

    /** Returns the port at which a node or a tunnel listens, or which a node exposes. */
    static int port(String line) throws IOException {
        Matcher found = PORT.matcher(line + " ");
        if (!found.find()) {
            throw new IOException("no port in \"" + line + "\"");
        }
        return Integer.parseInt(found.group(1));
    }
}
