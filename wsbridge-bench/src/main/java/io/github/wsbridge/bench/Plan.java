package io.github.wsbridge.bench;

import java.util.List;

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
 * @param listening the number of idle listening devices
 * @param idleWindow how long they are observed; longer than two keepalive intervals of a node to include pings
 * @param stalled the number of stalled bridges
 * @param parallel the number of parallel bridges
 * @param tlsSizes the frame sizes that are relayed over TLS
 * @param chainRounds the number of rounds for chains such as the tunnel
 * @param starts how often the processes of our chains are started, not counting the first time
 * @param rest how long they then do nothing before their memory is read
 * @param cold how long connections are opened through processes that have just started
 * @param warm how long more are opened before the rounds
 * @param requests the number of short HTTP requests through a tunnel
 * @param streams the most streams that are busy in one session
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
        int listening,
        int idleWindow,
        int stalled,
        int parallel,
        List<RelayBench.Size> tlsSizes,
        int chainRounds,
        int starts,
        int rest,
        int cold,
        int warm,
        int requests,
        int streams) {

    private static final int QUICK_CHAIN_ROUNDS = 3;

    static Plan full(int rounds) {
        return new Plan(
                "full",
                rounds,
                5_000,
                500,
                3_000,
                10_000,
                500,
                9_000,
                10_000,
                65_000,
                500,
                24,
                List.of(RelayBench.Size.KIB_64, RelayBench.Size.KIB_1),
                rounds,
                5,
                3_000,
                5_000,
                15_000,
                1_000,
                180);
    }

    static Plan quick(int rounds) {
        return new Plan(
                "quick",
                rounds,
                3_000,
                120,
                400,
                4_000,
                200,
                9_000,
                10_000,
                3_000,
                500,
                24,
                List.of(RelayBench.Size.KIB_64),
                Math.min(rounds, QUICK_CHAIN_ROUNDS),
                2,
                1_000,
                5_000,
                5_000,
                1_000,
                180);
    }

    /** Checks that everything works, without meaningful measurements. */
    static Plan smoke() {
        List<RelayBench.Size> sizes = List.of(RelayBench.Size.KIB_64);
        return new Plan("smoke", 1, 100, 50, 150, 8_000, 3, 20, 20, 200, 3, 3, sizes, 1, 2, 50, 300, 100, 20, 5);
    }
}
