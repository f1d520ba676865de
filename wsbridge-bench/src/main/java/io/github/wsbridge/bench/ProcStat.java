package io.github.wsbridge.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** What the kernel says of processes, in {@code /proc}. */
final class ProcStat {

    /** {@code USER_HZ}, which is 100 on all Linux systems that Java runs on. */
    private static final double TICKS = 100;

    private ProcStat() {}

    /** CPU seconds that processes and their live descendants have used, in user and kernel mode. */
    static double cpuSeconds(List<Child> children) throws IOException {
        long ticks = 0;
        for (Child child : children) {
            ProcessHandle handle = child.process().toHandle();
            List<Long> pids = Stream.concat(Stream.of(handle), handle.descendants())
                    .map(ProcessHandle::pid)
                    .toList();
            for (long pid : pids) {
                ticks += ticks(pid);
            }
        }
        return ticks / TICKS;
    }

    private static long ticks(long pid) throws IOException {
        try {
            String stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
            // The name, in parentheses, may hold anything; utime and stime are the 14th and 15th field.
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
            return Long.parseLong(fields[11]) + Long.parseLong(fields[12]);
        } catch (NoSuchFileException e) {
            return 0; // a descendant that has just ended
        }
    }

    /** Resident memory of one process, in bytes. */
    static long residentBytes(Child child) throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc", Long.toString(child.pid()), "status"))) {
            if (line.startsWith("VmRSS:")) {
                return Long.parseLong(line.replaceAll("\\D", "")) * 1024;
            }
        }
        throw new IOException(child.name() + " has no VmRSS");
    }
}
