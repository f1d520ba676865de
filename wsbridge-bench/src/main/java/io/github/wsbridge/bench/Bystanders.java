package io.github.wsbridge.bench;

import java.io.IOException;

/** Measures how busy the machine is with other processes, because figures from a busy machine are meaningless. */
final class Bystanders {

    /** The load of an idle machine, in cores. */
    static final double FEW = 0.1;

    private final Processes processes;
    private final long begin = System.nanoTime();
    private final double before;

    Bystanders(Processes processes) throws IOException {
        this.processes = processes;
        before = foreign();
    }

    /** Returns the average number of cores used by other processes since this object was created. */
    double cores() throws IOException {
        return Math.max(0, foreign() - before) * 1e9 / (System.nanoTime() - begin);
    }

    private double foreign() throws IOException {
        return ProcStat.machineCpuSeconds() - ProcStat.ownCpuSeconds(processes.running());
    }
}
