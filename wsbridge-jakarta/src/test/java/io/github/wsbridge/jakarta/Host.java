package io.github.wsbridge.jakarta;

import io.github.wsbridge.spi.Door;

/** A container with an application that has the filter and a page of its own. */
interface Host {

    /** Starts it and gives its port. */
    int start(Door door) throws Exception;

    /** Stops it, the application first, as far as the container can. */
    void stop() throws Exception;
}
