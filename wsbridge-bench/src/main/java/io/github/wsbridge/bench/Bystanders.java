package io.github.wsbridge.bench;

import java.io.IOException;

/** How busy the machine is with what does not belong to the run: figures from a busy machine are no figures. */
final class Bystanders {

    /** What a quiet machine does beside, in cores. */
    static final double FEW = 0.1;

    private final Processes processes;
    private final long begin = System.nanoTime();
    private final double before;

    Bystanders(Processes processes) throws IOException {
        this.processes = processes;
        before = foreign();
    }

    /** Cores busy with others since this was made, on average. */
    double cores() throws IOException {
        return Math.max(0, foreign() - before) * 1e9 / (System.nanoTime() - begin);
    }

    private double foreign() throws IOException {
        return ProcStat.machineCpuSeconds() - ProcStat.ownCpuSeconds(processes.running());
    }
}
