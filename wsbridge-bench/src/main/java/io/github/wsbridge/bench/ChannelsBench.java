package io.github.wsbridge.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Measures how long a requester waits for its bridge, for each secondary channel. */
final class ChannelsBench implements Bench {

    static final String NAME = "channels";
    static final String P50 = "p50-millis";
    static final String P99 = "p99-millis";

    private static final double NANOS_PER_MILLI = 1e6;

    @Override
    public void run(Rig rig) throws IOException, InterruptedException {
        int port = Peers.freePort();
        Child broker = mosquitto(rig.processes(), port);
        Generator ends = new Generator(rig.processes(), "channels");
        ends.ask("open mqtt=" + port);
        int connects = rig.plan().connects();
        for (int i = 0; i < 2; i++) { // the channels share code, which each of them warms up
            for (String channel : Channels.NAMES) {
                connect(ends, channel, connects);
            }
        }
        for (int round = 1; round <= rig.plan().rounds(); round++) {
            for (String channel : Rig.order(Channels.NAMES, round)) {
                rig.add(NAME, channel, round, connect(ends, channel, connects));
            }
        }
        rig.processes().end(ends.child());
        rig.processes().end(broker);
    }

    private static Map<String, Double> connect(Generator ends, String channel, int count)
            throws IOException, InterruptedException {
        Map<String, String> answer =
                ends.ask("connect channel=" + channel + " count=" + count, Duration.ofSeconds(30 + count / 10));
        Map<String, Double> values = new LinkedHashMap<>();
        values.put(P50, Rig.number(answer, "p50") / NANOS_PER_MILLI);
        values.put(P99, Rig.number(answer, "p99") / NANOS_PER_MILLI);
        values.put("count", (double) count);
        return values;
    }

    private static Child mosquitto(Processes processes, int port) throws IOException, InterruptedException {
        Path config = Files.write(
                processes.folder().resolve("mosquitto.conf"),
                List.of(
                        "user root", // keeps its user, because no other can read this folder
                        "persistence false",
                        // Otherwise the next invitation is delayed until TCP acknowledges the last acknowledgement, for
                        // 40 ms.
                        "set_tcp_nodelay true",
                        "allow_anonymous true",
                        "listener " + port + " 127.0.0.1"));
        Child broker = processes.start(
                "mosquitto", List.of(Processes.find("mosquitto", "mosquitto"), "-c", config.toString()));
        broker.awaitPort(port);
        return broker;
    }
}
