package io.github.wsbridge.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
final class ProcessesTest {

    @TempDir
    private Path folder;

    @Test
    void close_endsChildrenAndTheirChildren() throws Exception {
        ProcessHandle grandchild;
        Child child;
        try (Processes processes = new Processes(folder)) {
            child = processes.start("sh", List.of("/bin/sh", "-c", "sleep 1000 & echo $!; wait"));
            grandchild =
                    ProcessHandle.of(Long.parseLong(child.awaitLine("").trim())).orElseThrow();
            assertThat(ProcStat.residentBytes(child)).isPositive();
            assertThat(ProcStat.cpuSeconds(List.of(child))).isNotNegative();
        }
        assertThat(child.process().isAlive()).isFalse();
        assertThat(folder).doesNotExist();
        grandchild.onExit().get(10, TimeUnit.SECONDS);
    }

    @Test
    void close_endsProcessesThatIgnoreSignals() throws Exception {
        Child child;
        try (Processes processes = new Processes(folder)) {
            child = processes.start(
                    "sh", List.of("/bin/sh", "-c", "trap '' TERM; echo ready; while :; do read x; done"));
            child.awaitLine("ready");
        }
        assertThat(child.process().isAlive()).isFalse();
    }
}
