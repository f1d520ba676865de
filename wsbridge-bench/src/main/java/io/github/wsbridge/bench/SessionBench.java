package io.github.wsbridge.bench;

import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Measures tunnels whose connections share a bridge: short HTTP requests with and without, near and far, and what
 * streams that nobody reads cost the others.
 */
final class SessionBench implements Bench {

    static final String NAME = "session";
    static final String REQUESTS = NAME + "-requests";
    static final String STALLED = NAME + "-stalled";
    static final String SECONDS = "seconds";
    static final String RATE = "requests-per-second";
    static final String BESIDE = "rate-beside-stalled";

    /** The round trip between tunnel or device and a node that is far away. */
    private static final int FAR_MILLIS = 100;

    private static final int CONCURRENCY = 16;
    private static final int STREAMS = 200;
    private static final int STALLED_STREAMS = 20;
    private static final int FRAME = RelayBench.Size.KIB_64.bytes();
    private static final Duration PATIENCE = Duration.ofMinutes(5);

    /** How many requests, and whether they share a bridge. */
    enum Mode {
        SHARED("on"),
        SEPARATE("off");

        private final String option;

        Mode(String option) {
            this.option = option;
        }

        /** Returns the subject in the results. */
        String subject(boolean far) {
            return (this == SHARED ? ChainBench.SESSION : Subject.OURS) + (far ? "-" + FAR_MILLIS + "ms" : "");
        }

        private List<String> options() {
            return List.of("--session", option);
        }
    }

    @Override
    public void run(Rig rig) throws IOException, InterruptedException {
        for (Mode mode : Mode.values()) {
            requests(rig, mode, null);
            try (DelayProxy way = new DelayProxy(FAR_MILLIS / 2)) {
                requests(rig, mode, way);
            }
        }
        stalled(rig);
    }

    private static void requests(Rig rig, Mode mode, @Nullable DelayProxy way)
            throws IOException, InterruptedException {
        Chain chain = OwnChain.start(rig, mode.options(), way);
        try {
            for (int round = 0; round <= rig.plan().chainRounds(); round++) { // the first is a warm-up
                Map<String, String> answer = rig.requesters()
                        .ask(
                                "requests count=" + rig.plan().requests() + " concurrency=" + CONCURRENCY + " target="
                                        + chain.subject().urlFor("page"),
                                PATIENCE);
                rig.flows().drained();
                Map<String, Double> values = new LinkedHashMap<>();
                values.put(SECONDS, Rig.number(answer, "seconds"));
                values.put(RATE, Rig.number(answer, "rate"));
                values.put(Results.P50, Rig.number(answer, "p50") / 1_000);
                values.put(Results.P99, Rig.number(answer, "p99") / 1_000);
                if (round > 0) {
                    rig.add(REQUESTS, mode.subject(way != null), round, values);
                }
            }
        } finally {
            end(rig, chain);
        }
    }

    /** Compares the rate of most streams alone with their rate beside some that nobody reads. */
    private static void stalled(Rig rig) throws IOException, InterruptedException {
        Chain chain = OwnChain.startWithASession(rig, Family.TUNNEL);
        int flows = Math.min(STREAMS - STALLED_STREAMS, rig.plan().streams());
        try {
            rig.flows().warmUp(chain.subject(), Flows.Way.DOWN, FRAME);
            for (int round = 1; round <= rig.plan().chainRounds(); round++) {
                double alone = rate(rig, chain, flows);
                rig.requesters()
                        .ask("stall count=" + STALLED_STREAMS + " target="
                                + chain.subject().urlFor("unread"));
                double beside = rate(rig, chain, flows);
                rig.requesters().ask("unstall");
                rig.add(
                        STALLED,
                        ChainBench.SESSION,
                        round,
                        Map.of("gbit-alone", alone, "gbit-beside", beside, BESIDE, beside / alone));
            }
        } finally {
            end(rig, chain);
        }
    }

    private static double rate(Rig rig, Chain chain, int flows) throws IOException, InterruptedException {
        return rig.flows().rate(chain.subject(), Flows.Way.DOWN, FRAME, flows).getOrDefault(Results.GBIT, 0.0);
    }

    private static void end(Rig rig, Chain chain) throws InterruptedException {
        for (Child child : chain.processes()) {
            rig.processes().end(child);
        }
    }

    /** Adds what was measured to the findings. */
    static void add(Findings findings) {
        for (Mode mode : Mode.values()) {
            for (boolean far : new boolean[] {false, true}) {
                String subject = mode.subject(far);
                findings.figure(REQUESTS + "." + subject + "." + SECONDS, REQUESTS, subject, SECONDS);
                findings.figure(REQUESTS + "." + subject + "." + RATE, REQUESTS, subject, RATE);
            }
        }
        findings.figure(STALLED + "." + BESIDE, STALLED, ChainBench.SESSION, BESIDE);
        findings.bar(Bar.atLeast(STALLED + "." + BESIDE, 0.8));
    }
}
