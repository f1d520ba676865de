package io.github.wsbridge.bench;

import java.io.IOException;

/** One group of measurements. */
interface Bench {

    /** Measures; what comes of it goes to the rig's results. */
    void run(Rig rig) throws IOException, InterruptedException;
}
