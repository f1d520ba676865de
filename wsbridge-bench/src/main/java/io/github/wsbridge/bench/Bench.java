package io.github.wsbridge.bench;

import java.io.IOException;

/** One group of measurements. */
interface Bench {

    /** Measures, and adds the figures to the rig's results. */
    void run(Rig rig) throws IOException, InterruptedException;
}
