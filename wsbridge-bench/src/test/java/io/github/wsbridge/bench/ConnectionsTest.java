package io.github.wsbridge.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The generators' ends of a chain, without a chain in between. */
@Timeout(60)
final class ConnectionsTest {

    private Devices devices;
    private Requesters requesters;
    private String far;

    @BeforeEach
    void start() throws IOException {
        devices = new Devices();
        requesters = new Requesters();
        far = "tcp://127.0.0.1:" + Agent.options(devices.start()).get("far");
    }

    @Test
    void run_countsAnsweredConnections() throws Exception {
        Map<String, String> answer = Agent.options(requesters.handle(
                "connections", Map.of("target", far + "/answer", "concurrency", "4", "warmup", "10", "millis", "200")));
        assertThat(Rig.number(answer, "count")).isPositive();
        assertThat(Rig.number(answer, "rate")).isPositive();
        assertThat(Rig.number(answer, "failed")).isZero();
        awaitEnd();
    }

    @Test
    void run_withoutServer_fails() throws Exception {
        int free;
        try (ServerSocket socket = new ServerSocket()) {
            socket.bind(new InetSocketAddress("127.0.0.1", 0));
            free = socket.getLocalPort();
        }
        Connections connections =
                new Connections(new Loop("connections"), Target.parse("tcp://127.0.0.1:" + free + "/answer"));
        assertThatThrownBy(() -> connections.run(2, 0, 50)).isInstanceOf(IOException.class);
    }

    @Test
    void flow_inEitherDirection_isCountedWhereItArrives() throws Exception {
        for (String purpose : new String[] {"sink", "source"}) {
            Agent.Role receiver = purpose.equals("sink") ? devices : requesters;
            requesters.handle("flow", Map.of("id", "1", "frame", "1024", "target", far + "/" + purpose));
            Waiting.until(
                    Duration.ofSeconds(30),
                    Duration.ofMillis(5),
                    () -> "nothing arrives",
                    () -> count(receiver, "payload") > 1_000_000);
            requesters.handle("stop", Map.of("from", "1", "to", "1"));
            awaitEnd();
        }
    }

    @Test
    void roundTrips_reachTheFarEnd() throws Exception {
        Map<String, String> answer =
                Agent.options(requesters.handle("rtt", Map.of("target", far + "/echo", "warmup", "1", "millis", "50")));
        assertThat(Rig.number(answer, "count")).isPositive();
        awaitEnd();
    }

    private void awaitEnd() throws Exception {
        Waiting.until(
                Duration.ofSeconds(30),
                Duration.ofMillis(5),
                () -> "connections have not ended",
                () -> count(devices, "active") == 0);
    }

    private static double count(Agent.Role role, String name) throws IOException {
        try {
            return Rig.number(Agent.options(role.handle("count", Map.of())), name);
        } catch (Exception e) {
            throw new IOException(e);
        }
    }
}
