package io.github.wsbridge.bench;

import static org.assertj.core.api.Assertions.assertThat;

import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonParser;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The whole command with tiny counts: every process starts, every measurement runs, nothing is left over. */
@Tag("system")
@Timeout(value = 14, unit = TimeUnit.MINUTES)
final class BenchSystemTest {

    @TempDir
    private Path folder;

    @Test
    void bench_measuresEverything_andLeavesNothingRunning() throws Exception {
        Path json = folder.resolve("bench.json");
        Path chart = folder.resolve("bench.png");
        Path temporary = Files.createDirectory(folder.resolve("tmp"));
        Path out = folder.resolve("out");
        List<String> command = Jvm.command(
                Main.class.getName(),
                "-Djava.io.tmpdir=" + temporary,
                "--smoke",
                "--json",
                json.toString(),
                "--chart",
                chart.toString());
        Process bench = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(out.toFile())
                .start();
        try {
            assertThat(bench.waitFor(13, TimeUnit.MINUTES)).as("it ends").isTrue();
        } finally {
            bench.destroy();
            bench.waitFor(30, TimeUnit.SECONDS);
        }
        assertThat(bench.exitValue()).as(Files.readString(out)).isZero();

        JsonObject results = JsonParser.object().from(Files.readString(json));
        assertThat(results.getObject("ratios"))
                .containsKeys(Stream.of("64KiB", "16KiB", "1KiB", "128B")
                        .flatMap(size -> Stream.of(
                                "relay-" + size + ".throughput.vs.haproxy-tcp",
                                "relay-" + size + ".cpu-per-gb.vs.haproxy-tcp"))
                        .toArray(String[]::new))
                .containsKeys(
                        "relay-64KiB.throughput.vs.nginx-ws",
                        "relay-64KiB.cpu-per-gb.vs.haproxy-ws-64k-buffers",
                        "relay-tls-64KiB.throughput.vs.haproxy-tls",
                        "relay-tls-64KiB.cpu-per-gb.vs.nginx-tls",
                        "tunnel.throughput.vs.socat",
                        "tunnel.cpu-per-gb.vs.socat",
                        "tunnel.rtt-p50.vs.socat",
                        "tunnel.rtt-p99.vs.own-p50",
                        "tunnel-tls.throughput.vs.ssh",
                        "tunnel-tls.throughput.vs.stunnel",
                        "tunnel-tls.throughput.vs.haproxy-tls",
                        "expose.throughput.vs.socat",
                        "expose-tls.throughput.vs.haproxy-tls",
                        "forward-64KiB.cpu-per-gb.vs.haproxy-tcp",
                        "rtt-64B.p50.vs.haproxy-tcp");
        assertThat(results.getObject("figures"))
                .containsKeys(
                        "setup.bridges-per-second",
                        "channels.in-process.p50-millis",
                        "channels.listen.p50-millis",
                        "channels.mqtt.p50-millis",
                        "channels.webhook.p50-millis",
                        "idle.rss-bytes-per-bridge",
                        "listen.rss-bytes-per-device",
                        "stalled.rss-bytes-per-bridge",
                        "tunnel.gbit-up",
                        "tunnel.connections-per-second",
                        "tunnel.connections-per-second-cold",
                        "tunnel-tls.connections-per-second",
                        "expose.connections-per-second",
                        "session-requests.wsbridge-session.seconds",
                        "session-requests.wsbridge-100ms.requests-per-second",
                        "session-stalled.rate-beside-stalled",
                        "device.rss-bytes-idle",
                        "tunnel.rss-bytes-idle",
                        "node.rss-bytes-idle",
                        "device.start-seconds",
                        "tunnel.start-seconds",
                        "node.start-seconds");
        assertThat(results.getObject("machine")).containsKeys("cores", "kernel", "jdk", "haproxy", "nginx");
        assertThat(results.getArray("rounds")).isNotEmpty();
        assertThat(ImageIO.read(chart.toFile()).getWidth()).isPositive();
        assertThat(Files.list(temporary)).as("remaining files").isEmpty();
        assertThat(ProcessHandle.allProcesses()
                        .flatMap(process -> process.info().commandLine().stream())
                        .filter(line -> line.contains(temporary.toString())))
                .as("remaining processes")
                .isEmpty();
    }
}
