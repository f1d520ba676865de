package io.github.wsbridge.website;

import java.time.Duration;

/**
 * What the website bears.
 *
 * @param connections of browsers at a time
 * @param deviceConnections to one device at a time, for each event loop
 * @param body the most bytes that a request may have after its header
 * @param head how long a browser may take for a request's header, which is also how long its connection may be idle
 * @param bodyPause how long a browser may pause within a request's body
 * @param response how long a device may take for a response's header once it has the request
 * @param stall how long either end may take nothing of what waits for it
 * @param idle how long an unused connection to a device is kept
 */
record Limits(
        int connections,
        int deviceConnections,
        long body,
        Duration head,
        Duration bodyPause,
        Duration response,
        Duration stall,
        Duration idle) {

    /** The longest request line, in bytes. */
    static final int REQUEST_LINE = 16 * 1024;

    /** The largest header, in bytes, of a request or a response. */
    static final int HEADER = 32 * 1024;

    /** The largest piece of a body that is decoded at once, in bytes. */
    static final int CONTENT = 64 * 1024;

    /** How many bytes of a body that nobody wants are read, so that the browser sees the response. */
    static final int DISCARDED = 1024 * 1024;

    static final Limits DEFAULT = new Limits(
            4096,
            256,
            Long.MAX_VALUE,
            Duration.ofSeconds(60),
            Duration.ofSeconds(60),
            Duration.ofMinutes(2),
            Duration.ofMinutes(10),
            Duration.ofSeconds(30));

    /** How many responses of status 1xx may come before the final one, whether or not the browser takes them. */
    static final int INFORMATIONAL = 16;

    Limits withBody(long bytes) {
        return new Limits(connections, deviceConnections, bytes, head, bodyPause, response, stall, idle);
    }

    Limits withConnections(int count) {
        return new Limits(count, deviceConnections, body, head, bodyPause, response, stall, idle);
    }
}
