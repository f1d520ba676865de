package io.github.wsbridge.bench;

/**
 * How much is measured. Times are milliseconds.
 *
 * @param rounds each measures all subjects, one after another
 * @param warmup before the first round, for what is compiled as it runs
 * @param settle at the begin of each measurement, not counted
 * @param window what is counted
 * @param setup how long bridges are set up for
 * @param connects one after another over each secondary channel
 * @param idle bridges
 * @param idleWindow how long they are watched; longer than two keepalive intervals of a node if pings are to be in it
 * @param stalled bridges
 * @param parallel bridges
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

    /** Proves that everything works, and measures nothing that means anything. */
    static Plan smoke() {
        return new Plan("smoke", 1, 100, 50, 150, 300, 3, 20, 200, 3, 3);
    }
}
