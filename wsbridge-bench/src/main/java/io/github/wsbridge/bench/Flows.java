package io.github.wsbridge.bench;

import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Saturated connections through subjects, and what they achieve and cost. */
final class Flows {

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final Duration LOOK = Duration.ofMillis(10);

    private final Plan plan;
    private final Generator requesters;
    private final Generator devices;
    private int last;

    Flows(Plan plan, Generator requesters, Generator devices) {
        this.plan = plan;
        this.requesters = requesters;
        this.devices = devices;
    }

    /** The direction of the data. */
    enum Way {
        /** From the requester to the device. */
        UP,
        /** From the device to the requester, through a chain to a {@link FarEnd}. */
        DOWN;

        /** Returns the metric for this direction. */
        String metric(String name) {
            return name + (this == UP ? "-up" : "-down");
        }

        private String purpose() {
            return this == UP ? "sink" : "source";
        }
    }

    /** Carries frames for a while, so that the code for them is compiled. */
    void warmUp(Subject subject, Way way, int frame) throws IOException, InterruptedException {
        rate(subject, way, frame, 1, plan.warmup());
    }

    void warmUp(Subject subject, int frame) throws IOException, InterruptedException {
        warmUp(subject, Way.UP, frame);
    }

    /** Measures the throughput, and the CPU time and the resident memory of the servers. */
    Map<String, Double> rate(Subject subject, Way way, int frame, int connections)
            throws IOException, InterruptedException {
        return rate(subject, way, frame, connections, plan.window());
    }

    Map<String, Double> rate(Subject subject, int frame, int connections) throws IOException, InterruptedException {
        return rate(subject, Way.UP, frame, connections);
    }

    private Map<String, Double> rate(Subject subject, Way way, int frame, int connections, int window)
            throws IOException, InterruptedException {
        Generator receivers = way == Way.UP ? devices : requesters;
        int first = last + 1;
        double begin = payload(receivers);
        for (int i = 0; i < connections; i++) {
            start(subject, way, frame);
        }
        awaitPayload(subject, receivers, begin);
        Rig.pause(plan.settle());
        Map<String, String> before = receivers.ask("count");
        double cpuBefore = ProcStat.cpuSeconds(subject.servers());
        double generatorsBefore = generatorsCpuSeconds();
        Rig.pause(window);
        awaitPayload(subject, receivers, Rig.number(before, "payload")); // on a busy machine, nothing may have run
        Map<String, String> after = receivers.ask("count");
        double cpu = ProcStat.cpuSeconds(subject.servers()) - cpuBefore;
        double generators = generatorsCpuSeconds() - generatorsBefore;
        long resident = ProcStat.residentBytes(subject.servers());
        stop(first, last);
        drained();
        double bytes = Rig.difference(before, after, "payload");
        double nanos = Rig.difference(before, after, "nanos");
        Map<String, Double> rate = new LinkedHashMap<>();
        rate.put(Results.GBIT, bytes * 8 / nanos);
        if (!subject.servers().isEmpty()) {
            rate.put(Results.CPU_PER_GB, cpu / (bytes / 1e9));
            rate.put(Results.RESIDENT, (double) resident);
        }
        rate.put(Results.GENERATORS_CPU_PER_GB, generators / (bytes / 1e9));
        return rate;
    }

    private double generatorsCpuSeconds() throws IOException {
        return ProcStat.cpuSeconds(List.of(requesters.child(), devices.child()));
    }

    private static double payload(Generator receivers) throws IOException, InterruptedException {
        return Rig.number(receivers.ask("count"), "payload");
    }

    private static void awaitPayload(Subject subject, Generator receivers, double before)
            throws IOException, InterruptedException {
        Waiting.until(PATIENCE, LOOK, () -> subject.name() + " carries no data", () -> payload(receivers) > before);
    }

    /** Starts a flow to the device; returns a number for {@link #stop}. */
    int start(Subject subject, int frame) throws IOException, InterruptedException {
        return start(subject, Way.UP, frame);
    }

    private int start(Subject subject, Way way, int frame) throws IOException, InterruptedException {
        last++;
        requesters.ask("flow id=" + last + " frame=" + frame + " target=" + subject.urlFor(way.purpose()));
        return last;
    }

    void stop(int id) throws IOException, InterruptedException {
        stop(id, id);
    }

    void stopAll() throws IOException, InterruptedException {
        stop(1, last);
    }

    private void stop(int from, int to) throws IOException, InterruptedException {
        requesters.ask("stop from=" + from + " to=" + to);
    }

    /** Waits until nothing of the last measurement is active. */
    void drained() throws IOException, InterruptedException {
        Waiting.until(
                PATIENCE,
                LOOK,
                () -> "some connections have not ended",
                () -> Rig.number(devices.ask("count"), "active") == 0);
    }
}
