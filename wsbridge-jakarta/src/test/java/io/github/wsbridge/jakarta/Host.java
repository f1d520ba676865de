package io.github.wsbridge.jakarta;

import io.github.wsbridge.spi.Door;
import io.github.wsbridge.testkit.transport.TestKeys;

/** A container with an application that has the filter and a page of its own. */
interface Host {

    /** Starts it and gives its port. */
    default int start(Door door) throws Exception {
        return start(door, null);
    }

    /** Starts it with TLS, unless {@code tls} is null, and gives its port. */
    int start(Door door, TestKeys tls) throws Exception;

    /** Stops it, the application first, as far as the container can. */
    void stop() throws Exception;
}
