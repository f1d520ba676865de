package io.github.wsbridge.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class KernelMemoryTest {

    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

    @Test
    void bind_readsPages(@TempDir Path proc) throws Exception {
        write(proc);
        new KernelMemory(proc).bindTo(registry);
        assertThat(registry.get("wsbridge.kernel.tcp.memory").gauge().value()).isEqualTo(4711);
        assertThat(registry.get("wsbridge.kernel.tcp.memory.pressure").gauge().value())
                .isEqualTo(124_317);
    }

    static void write(Path proc) throws Exception {
        Files.createDirectories(proc.resolve("net"));
        Files.createDirectories(proc.resolve("sys/net/ipv4"));
        Files.writeString(
                proc.resolve("net/sockstat"),
                "sockets: used 283\nTCP: inuse 27 orphan 0 tw 8 alloc 30 mem 4711\nUDP: inuse 1 mem 2\n");
        Files.writeString(proc.resolve("sys/net/ipv4/tcp_mem"), "93237\t124317\t186474\n");
    }

    @Test
    void bind_onAnotherSystem_addsNothing(@TempDir Path proc) {
        new KernelMemory(proc).bindTo(registry);
        assertThat(registry.getMeters()).isEmpty();
    }
}
