package io.github.wsbridge.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Reads process statistics from {@code /proc}. */
final class ProcStat {

    /** {@code USER_HZ}, which is 100 on all Linux systems that Java runs on. */
    private static final double TICKS = 100;

    /** The index of the idle time in {@code /proc/stat}; the time waiting for disks follows it. */
    private static final int IDLE = 4;

    private static final long PAGE = 4096;

    private ProcStat() {}

    /** Returns the CPU seconds that processes and their live descendants have used, in user and kernel mode. */
    static double cpuSeconds(List<Child> children) throws IOException {
        long ticks = 0;
        for (long pid : pids(children)) {
            ticks += ticks(pid);
        }
        return ticks / TICKS;
    }

    /** Returns the process ids of children and their live descendants. */
    private static List<Long> pids(List<Child> children) {
        return children.stream()
                .map(child -> child.process().toHandle())
                .flatMap(handle -> Stream.concat(Stream.of(handle), handle.descendants()))
                .map(ProcessHandle::pid)
                .toList();
    }

    private static long ticks(long pid) throws IOException {
        try {
            String stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
            // The name, in parentheses, may contain any character; utime and stime are fields 14 and 15.
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
            return Long.parseLong(fields[11]) + Long.parseLong(fields[12]);
        } catch (NoSuchFileException e) {
            return 0; // a descendant that has just ended
        }
    }

    /** Returns the CPU seconds that the whole machine has used. */
    static double machineCpuSeconds() throws IOException {
        String[] fields = Files.readString(Path.of("/proc/stat"))
                .lines()
                .findFirst()
                .orElse("")
                .split("\\s+");
        long busy = 0;
        for (int i = 1; i < Math.min(fields.length, 9); i++) {
            busy += i == IDLE || i == IDLE + 1 ? 0 : Long.parseLong(fields[i]);
        }
        return busy / TICKS;
    }

    /** Returns the CPU seconds of this process, of its terminated children, and of the given live ones. */
    static double ownCpuSeconds(List<Child> children) throws IOException {
        String stat = Files.readString(Path.of("/proc/self/stat"));
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
        long ticks = 0;
        for (int i = 11; i <= 14; i++) {
            ticks += Long.parseLong(fields[i]);
        }
        return ticks / TICKS + cpuSeconds(children);
    }

    /** Returns the kernel memory of all TCP connections on the machine, in bytes. */
    static long tcpMemory() throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/net/sockstat"))) {
            if (line.startsWith("TCP:")) {
                return Long.parseLong(line.replaceAll(".*mem (\\d+).*", "$1")) * PAGE;
            }
        }
        throw new IOException("no TCP in sockstat");
    }

    /** Returns the resident memory of a process, in bytes. */
    static long residentBytes(Child child) throws IOException {
        long bytes = residentBytes(child.pid());
        if (bytes == 0) {
            throw new IOException(child.name() + " has no VmRSS");
        }
        return bytes;
    }

    /** Returns the sum of the resident memory of processes and their live descendants, in bytes. */
    static long residentBytes(List<Child> children) throws IOException {
        long bytes = 0;
        for (long pid : pids(children)) {
            bytes += residentBytes(pid);
        }
        return bytes;
    }

    private static long residentBytes(long pid) throws IOException {
        try {
            for (String line : Files.readAllLines(Path.of("/proc", Long.toString(pid), "status"))) {
                if (line.startsWith("VmRSS:")) {
                    return Long.parseLong(line.replaceAll("\\D", "")) * 1024;
                }
            }
            return 0; // it is about to end
        } catch (NoSuchFileException e) {
            return 0; // it has just ended
        }
    }
}
