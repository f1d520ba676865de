package io.github.wsbridge.jakarta;

import io.github.wsbridge.spi.Door;
import io.github.wsbridge.testkit.transport.TestKeys;

/** A container with an application that has the filter and its own page. */
interface Host {

    /** Starts it and returns its port. */
    default int start(Door door) throws Exception {
        return start(door, null);
    }

    /** Starts it and returns its port. Uses TLS unless {@code tls} is null. */
    int start(Door door, TestKeys tls) throws Exception;

    /** Stops it, the application first if the container supports that. */
    void stop() throws Exception;
}
