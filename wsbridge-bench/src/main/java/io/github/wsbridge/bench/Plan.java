package io.github.wsbridge.bench;

/**
 * How much to measure. Times are in milliseconds.
 *
 * @param rounds the number of rounds, each of which measures all subjects one after another
 * @param warmup the time before the first round, for JIT compilation
 * @param settle the time at the beginning of each measurement that is not counted
 * @param window the time that is counted
 * @param setup the time during which bridges are set up
 * @param connects the number of connections, one after another, over each secondary channel
 * @param idle the number of idle bridges
 * @param idleWindow how long they are observed; longer than two keepalive intervals of a node to include pings
 * @param stalled the number of stalled bridges
 * @param parallel the number of parallel bridges
 */
record Plan(
        String name,
        int rounds,
        int warmup,
        int settle,
        int window,
        int setup,
        int connects,
        int idle,
        int idleWindow,
        int stalled,
        int parallel) {

    static Plan full(int rounds) {
        return new Plan("full", rounds, 5_000, 500, 3_000, 10_000, 500, 9_000, 65_000, 500, 24);
    }

    static Plan quick(int rounds) {
        return new Plan("quick", rounds, 3_000, 120, 400, 4_000, 200, 9_000, 3_000, 500, 24);
    }

    /** Checks that everything works, without meaningful measurements. */
    static Plan smoke() {
        return new Plan("smoke", 1, 100, 50, 150, 300, 3, 20, 200, 3, 3);
    }
}
