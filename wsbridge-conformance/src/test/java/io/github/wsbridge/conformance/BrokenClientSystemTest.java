package io.github.wsbridge.conformance;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.conformance.BreakingProxy.Fault;
import io.github.wsbridge.wire.websocket.Frames;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A requester or device that breaks a clause is found out. */
@Tag("system")
@Timeout(60)
final class BrokenClientSystemTest {

    private static final Duration PATIENCE = Duration.ofSeconds(2);
    private static final Map<Clause, Supplier<Fault>> FAULTS = new EnumMap<>(Clause.class);

    static {
        request(head -> head.replace("Sec-WebSocket-Version: 13", "Sec-WebSocket-Version: 8"), Clause.CLIENT_HANDSHAKE);
        request(head -> head.replace("?", "?deviceId=x&"), Clause.CLIENT_PARAMETERS);
        request(head -> head.replace("%20", "+"), Clause.CLIENT_SPACE);
        request(head -> head.replace("GET /kit/", "GET /"), Clause.CLIENT_BASE);
        request(head -> head.replace("Upgrade: ", "Origin: http://x\r\nUpgrade: "), Clause.CLIENT_ORIGIN);
        up(
                (frame, server) -> {
                    server.frame(frame.first(), false, frame.payload());
                    return null;
                },
                Clause.CLIENT_MASKED);
        up(
                (frame, server) -> {
                    ByteBuffer same = ByteBuffer.allocate(frame.payload().length + 16);
                    Frames.write(same, frame.first(), ByteBuffer.wrap(frame.payload()), true, 77);
                    byte[] bytes = new byte[same.position()];
                    same.flip().get(bytes);
                    server.raw(bytes);
                    return null;
                },
                Clause.CLIENT_KEYS);
        up((frame, server) -> pong(frame) ? null : frame, Clause.CLIENT_PING, Clause.DEVICE_LISTEN_PING);
        FAULTS.put(Clause.CLIENT_HEARTBEAT, Silence::new);
        up(
                (frame, server) -> {
                    if (frame.payload().length > 5_000) {
                        frame.payload()[4_999] ^= 1;
                    }
                    return frame;
                },
                Clause.CLIENT_BYTES);
        up((frame, server) -> frame.opcode() == Frames.CLOSE ? null : frame, Clause.CLIENT_CLOSE, Clause.DEVICE_MOVE);
        up(
                (frame, server) ->
                        frame.opcode() == Frames.BINARY ? new Wire.Frame(frame.first() ^ 3, 1, frame.payload()) : frame,
                Clause.CLIENT_BINARY);
        up(
                (frame, server) ->
                        frame.opcode() == Frames.BINARY && frame.last() && frame.payload().length == 0 ? null : frame,
                Clause.CLIENT_HALF_CLOSE);
        up(
                (frame, server) -> {
                    if (frame.opcode() == Frames.CLOSE) {
                        server.close(1011, "");
                        return null;
                    }
                    return frame;
                },
                Clause.CLIENT_END,
                Clause.DEVICE_PRINCIPAL);
        down(
                (frame, client, server) ->
                        frame.key() != null || frame.opcode() == 3 || (frame.first() & 0x40) != 0 ? null : frame,
                Clause.CLIENT_MALFORMED);
        request(head -> head.replace("deviceId=", "device="), Clause.REQUESTER_CONNECT, Clause.DEVICE_LISTEN);
        request(
                head -> head.replace("deviceId=", "wait=true&deviceId=") + "\u0082\u0080\u0000\u0000\u0000\u0000",
                Clause.REQUESTER_WAIT);
        request(head -> head.replace("new=%C3%A4%20b&", ""), Clause.DEVICE_ACCEPT);
        down((frame, client, server) -> heartbeat(frame) ? fail(client, server) : frame, Clause.CLIENT_PONG);
        down(
                (frame, client, server) -> frame.payload().length > 1 << 20 ? fail(client, server) : frame,
                Clause.CLIENT_LARGE);
        down(
                (frame, client, server) -> {
                    if (frame.text().contains("established")) {
                        server.binary(frame.payload());
                    }
                    return frame;
                },
                Clause.CLIENT_ESTABLISHED);
        down(
                (frame, client, server) ->
                        frame.opcode() == Frames.TEXT && frame.payload().length == 0 ? fail(client, server) : frame,
                Clause.CLIENT_TEXT);
        down(
                (frame, client, server) ->
                        frame.opcode() == Frames.BINARY && !frame.last() && frame.payload().length == 0
                                ? fail(client, server)
                                : frame,
                Clause.CLIENT_HALF_CLOSED);
        down(
                (frame, client, server) -> frame.text().contains("something new") ? fail(client, server) : frame,
                Clause.DEVICE_IGNORES);
        down(
                (frame, client, server) -> {
                    if (frame.text().contains("\"withdraw\"")) {
                        server.text("{\"type\":\"reject\"}");
                    }
                    return frame;
                },
                Clause.DEVICE_WITHDRAW);
        up(
                (frame, server) -> frame.text().contains("\"reject\"")
                        ? new Wire.Frame(
                                frame.first(),
                                1,
                                frame.text().replace("404", "40404").getBytes(UTF_8))
                        : frame,
                Clause.DEVICE_REJECT);
        FAULTS.put(Clause.DEVICE_SEVERAL, () -> new Fault() {
            private final AtomicInteger invitations = new AtomicInteger();

            @Override
            public void toClient(String request, Wire.Frame frame, Wire client, Wire server) throws IOException {
                if (!frame.text().contains("\"invitation\"") || invitations.incrementAndGet() != 3) {
                    Fault.pass(frame, client);
                }
            }
        });
        FAULTS.put(Clause.DEVICE_AGAIN, () -> new Fault() {
            @Override
            public String answer(String request, String head) {
                return head.replace("HTTP/1.1 503", "HTTP/1.1 404");
            }
        });
        FAULTS.put(Clause.DEVICE_RECONNECT, () -> new Fault() {
            private final AtomicBoolean listened = new AtomicBoolean();

            @Override
            public String request(String head) {
                return head.contains("/bridge/listen") && listened.getAndSet(true) ? "nothing" : head;
            }
        });
        down(
                (frame, client, server) -> {
                    if (frame.opcode() == Frames.CLOSE && frame.code() == 4409) {
                        client.close(1001, "");
                        return null;
                    }
                    return frame;
                },
                Clause.DEVICE_REPLACED);
    }

    /** Nothing for a while on a listen socket, after what promises a frame within a millisecond. */
    private static final class Silence implements Fault {
        private static final long NANOS = TimeUnit.MILLISECONDS.toNanos(1_500);
        private volatile long promised;

        @Override
        public void toServer(String request, Wire.Frame frame, Wire server, Wire client) throws IOException {
            Wire.Frame changed = frame;
            if (request.contains("/bridge/listen")) {
                if (promised == 0 && heartbeat(frame)) {
                    promised = System.nanoTime();
                    changed = new Wire.Frame(0x80 | Frames.PONG, 1, "heartbeat 1".getBytes(UTF_8));
                } else if (pong(frame) || promised != 0 && System.nanoTime() - promised < NANOS) {
                    return;
                }
            }
            Fault.pass(changed, server);
        }
    }

    /** Changes a frame; null if there is nothing to pass on. */
    private interface Up {
        Wire.Frame apply(Wire.Frame frame, Wire server) throws IOException;
    }

    /** Changes a frame; null if there is nothing to pass on. */
    private interface Down {
        Wire.Frame apply(Wire.Frame frame, Wire client, Wire server) throws IOException;
    }

    private static boolean pong(Wire.Frame frame) {
        return frame.opcode() == Frames.PONG && !heartbeat(frame);
    }

    private static boolean heartbeat(Wire.Frame frame) {
        return frame.opcode() == Frames.PONG && frame.text().startsWith("heartbeat");
    }

    /** Does as a client that cannot bear what it got. */
    private static Wire.Frame fail(Wire client, Wire server) throws IOException {
        server.close(1009, "");
        client.close();
        server.close();
        return null;
    }

    private static void request(UnaryOperator<String> change, Clause... clauses) {
        for (Clause clause : clauses) {
            FAULTS.put(clause, () -> new Fault() {
                @Override
                public String request(String head) {
                    return change.apply(head);
                }
            });
        }
    }

    private static void up(Up change, Clause... clauses) {
        for (Clause clause : clauses) {
            FAULTS.put(clause, () -> new Fault() {
                @Override
                public void toServer(String request, Wire.Frame frame, Wire server, Wire client) throws IOException {
                    Wire.Frame changed = change.apply(frame, server);
                    if (changed != null) {
                        Fault.pass(changed, server);
                    }
                }
            });
        }
    }

    private static void down(Down change, Clause... clauses) {
        for (Clause clause : clauses) {
            FAULTS.put(clause, () -> new Fault() {
                @Override
                public void toClient(String request, Wire.Frame frame, Wire client, Wire server) throws IOException {
                    Wire.Frame changed = change.apply(frame, client, server);
                    if (changed != null) {
                        Fault.pass(changed, client);
                    }
                }
            });
        }
    }

    static Set<Clause> faults() {
        return FAULTS.keySet();
    }

    @ParameterizedTest
    @MethodSource("faults")
    void brokenClause_isReported(Clause clause) throws Exception {
        boolean device = clause.id().startsWith("device-") || clause == Clause.CLIENT_HEARTBEAT;
        // Heartbeats are looked at all the time; this check makes the kit wait.
        Set<Clause> only =
                clause == Clause.CLIENT_HEARTBEAT ? Set.of(clause, Clause.DEVICE_LISTEN_PING) : Set.of(clause);
        // Long enough for what follows the silence.
        Duration patience = clause == Clause.CLIENT_HEARTBEAT ? PATIENCE.multipliedBy(3) : PATIENCE;
        try (KitNode node = new KitNode(patience);
                BreakingProxy proxy = new BreakingProxy(FAULTS.get(clause).get())) {
            proxy.start(node.port());
            String url = proxy.url() + KitNode.BASE;
            Report report = device
                    ? ClientConformanceTest.device(node, url, patience, only)
                    : ClientConformanceTest.requester(node, url, patience, only);
            Report.Finding finding = report.of(clause);
            assertThat(finding.state()).isEqualTo(clause.should() ? Report.State.WARNED : Report.State.FAILED);
            assertThat(finding.detail()).isNotEmpty();
        }
    }

    @Test
    void allClauses_areBrokenBySomeFault() {
        assertThat(FAULTS.keySet()).containsExactlyElementsOf(Clause.of("client", "requester", "device"));
    }
}
