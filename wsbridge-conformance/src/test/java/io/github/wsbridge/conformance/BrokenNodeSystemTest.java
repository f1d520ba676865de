package io.github.wsbridge.conformance;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.conformance.BreakingProxy.Fault;
import io.github.wsbridge.core.access.ApiKeyPolicy;
import io.github.wsbridge.netty.NettyBridgeServer;
import io.github.wsbridge.wire.websocket.Frames;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A node that breaks a clause is found out. */
@Tag("system")
@Timeout(60)
final class BrokenNodeSystemTest {

    private static final Duration PATIENCE = Duration.ofSeconds(2);
    private static final Map<Clause, Fault> FAULTS = new EnumMap<>(Clause.class);

    static {
        status(200, 500, Clause.NODE_HEALTH);
        status(404, 200, Clause.NODE_UNKNOWN, Clause.NODE_WAIT_REFUSED);
        answer(head -> head.replaceFirst("(?i)Allow: .*\r\n", ""), Clause.NODE_METHOD);
        answer(head -> head.replaceFirst("Accept: .", "Accept: *"), Clause.NODE_UPGRADE);
        status(426, 400, Clause.NODE_NO_UPGRADE);
        status(
                400,
                404,
                Clause.NODE_MISSING,
                Clause.NODE_REPEATED,
                Clause.NODE_VALUES,
                Clause.NODE_HOST,
                Clause.NODE_CONTENT,
                Clause.NODE_STRICT);
        request(head -> head.replace("deviceid", "deviceId"), Clause.NODE_NAMES);
        request(head -> head.replace("a+b", "a%2Bb"), Clause.NODE_ENCODING);
        status(431, 400, Clause.NODE_HEADER_LIMIT);
        request(head -> head.replaceFirst("Origin: .*\r\n", ""), Clause.NODE_ORIGIN);
        request(head -> head.replace("conformance.invalid", "127.0.0.1"), Clause.NODE_OPEN_HOST);
        status(401, 403, Clause.NODE_CREDENTIALS);
        request(head -> head.replace("requestData=other", "requestData=signed"), Clause.NODE_SIGNED);
        request(head -> head.replace("&once=true", ""), Clause.NODE_SIGNED_ONCE);
        code(1008, 1000, Clause.NODE_FLOOD);
        request(head -> head.replace("subprotocol=binary", "other=binary"), Clause.NODE_SUBPROTOCOL);
        request(head -> head.replace("&wait=true", ""), Clause.NODE_WAIT);
        FAULTS.put(Clause.NODE_REFUSAL, new Fault() {
            @Override
            public String body(String body) {
                return "<html>\n" + body + "</html>\n";
            }
        });
        up(frame -> (frame.first() & 0x70) != 0 || frame.opcode() == 3 ? null : frame, Clause.NODE_FRAMES);
        down(frame -> frame.opcode() == Frames.PONG ? null : frame, Clause.NODE_PING, Clause.NODE_HEARTBEAT);
        text("\"expiresAt\"", "\"expires\"", Clause.NODE_INVITATION);
        text("\"reason\"", "\"why\"", Clause.NODE_REASON);
        text("\"requestData\"", "\"traceparent\":\"no trace\",\"requestData\"", Clause.NODE_TRACE);
        up(
                frame -> frame.text().startsWith("no JSON") ? new Wire.Frame(0x88, 1, new byte[0]) : frame,
                Clause.NODE_LISTEN_IGNORES);
        code(1009, 1000, Clause.NODE_LISTEN_LIMIT);
        code(4403, 4404, Clause.NODE_REJECT_URL, Clause.NODE_REJECT_DEFAULT, Clause.NODE_REJECT_LISTEN);
        text("\"withdraw\"", "\"other\"", Clause.NODE_WITHDRAW);
        code(4409, 1000, Clause.NODE_REPLACED);
        code(4404, 4408, Clause.NODE_UNREACHABLE);
        code(4410, 1000, Clause.NODE_TOKEN);
        code(4408, 1000, Clause.NODE_TIMEOUT);
        text("\"established\"", "\"standing\"", Clause.NODE_ESTABLISHED);
        FAULTS.put(Clause.NODE_PLAIN_END, new Fault() {
            @Override
            public void toClient(String request, Wire.Frame frame, Wire client, Wire server) throws IOException {
                if (frame.text().equals("plain")) {
                    client.text("{\"type\":\"established\"}");
                }
                Fault.pass(frame, client);
            }
        });
        up(frame -> frame.text().equals("second") ? null : frame, Clause.NODE_HELD);
        down(
                frame -> frame.opcode() == Frames.TEXT && !frame.text().startsWith("{")
                        ? new Wire.Frame(0x80 | Frames.BINARY, null, frame.payload())
                        : frame,
                Clause.NODE_RELAY);
        FAULTS.put(Clause.NODE_FRAGMENTS, new Fault() {
            private final ByteArrayOutputStream whole = new ByteArrayOutputStream();

            @Override
            public void toClient(String request, Wire.Frame frame, Wire client, Wire server) throws IOException {
                if (frame.opcode() == Frames.TEXT && !frame.last() || frame.opcode() == Frames.CONTINUATION) {
                    whole.writeBytes(frame.payload());
                    if (frame.last()) {
                        client.text(whole.toString(UTF_8));
                    }
                } else {
                    Fault.pass(frame, client);
                }
            }
        });
        up(frame -> frame.payload().length > 1 << 20 ? new Wire.Frame(0x88, 1, new byte[0]) : frame, Clause.NODE_LARGE);
        down(
                frame -> frame.opcode() == Frames.CLOSE && frame.payload().length > 2 ? close(frame.code()) : frame,
                Clause.NODE_CLOSE);
        code(4000, 1001, Clause.NODE_VANISHED);
    }

    private static void put(Fault fault, Clause... clauses) {
        for (Clause clause : clauses) {
            FAULTS.put(clause, fault);
        }
    }

    private static void request(UnaryOperator<String> change, Clause... clauses) {
        put(
                new Fault() {
                    @Override
                    public String request(String head) {
                        return change.apply(head);
                    }
                },
                clauses);
    }

    private static void answer(UnaryOperator<String> change, Clause... clauses) {
        put(
                new Fault() {
                    @Override
                    public String answer(String request, String head) {
                        return change.apply(head);
                    }
                },
                clauses);
    }

    private static void status(int from, int to, Clause... clauses) {
        answer(head -> head.replaceFirst("^HTTP/1.1 " + from, "HTTP/1.1 " + to), clauses);
    }

    private static void up(UnaryOperator<Wire.Frame> change, Clause... clauses) {
        put(
                new Fault() {
                    @Override
                    public void toServer(String request, Wire.Frame frame, Wire server, Wire client)
                            throws IOException {
                        Wire.Frame changed = change.apply(frame);
                        if (changed != null) {
                            Fault.pass(changed, server);
                        }
                    }
                },
                clauses);
    }

    private static void down(UnaryOperator<Wire.Frame> change, Clause... clauses) {
        put(
                new Fault() {
                    @Override
                    public void toClient(String request, Wire.Frame frame, Wire client, Wire server)
                            throws IOException {
                        Wire.Frame changed = change.apply(frame);
                        if (changed != null) {
                            Fault.pass(changed, client);
                        }
                    }
                },
                clauses);
    }

    private static Wire.Frame close(int code) {
        return new Wire.Frame(
                0x80 | Frames.CLOSE,
                null,
                ByteBuffer.allocate(2).putShort((short) code).array());
    }

    private static void code(int from, int to, Clause... clauses) {
        down(frame -> frame.opcode() == Frames.CLOSE && frame.code() == from ? close(to) : frame, clauses);
    }

    private static void text(String from, String to, Clause... clauses) {
        down(
                frame -> frame.text().contains(from)
                        ? new Wire.Frame(
                                frame.first(),
                                null,
                                frame.text().replace(from, to).getBytes(UTF_8))
                        : frame,
                clauses);
    }

    static Set<Clause> faults() {
        return FAULTS.keySet();
    }

    @ParameterizedTest
    @MethodSource("faults")
    void brokenClause_isReported(Clause clause) throws Exception {
        boolean withKeys = Set.of(Clause.NODE_CREDENTIALS, Clause.NODE_SIGNED, Clause.NODE_SIGNED_ONCE)
                .contains(clause);
        String requester = ApiKeyPolicy.newKey();
        String device = ApiKeyPolicy.newKey();
        ApiKeyPolicy policy = ApiKeyPolicy.parse(List.of(
                "alice requester " + ApiKeyPolicy.hash(requester), "fleet device " + ApiKeyPolicy.hash(device) + " *"));
        try (BreakingProxy proxy = new BreakingProxy(FAULTS.get(clause));
                TestNode node = new TestNode(
                        NettyBridgeServer.builder()
                                .address(new InetSocketAddress("127.0.0.1", 0))
                                .bind(),
                        proxy.url(),
                        builder -> {
                            if (withKeys) {
                                builder.accessPolicy(policy);
                            } else {
                                builder.insecure();
                            }
                        })) {
            proxy.start(node.port());
            Nodes nodes = new Nodes(
                    URI.create(proxy.url()),
                    PATIENCE,
                    NodeKit.apiKey(withKeys ? requester : ""),
                    NodeKit.apiKey(withKeys ? device : ""));
            // A refusal's text is looked at wherever there is a refusal.
            Set<Clause> only = clause == Clause.NODE_REFUSAL ? Set.of(clause, Clause.NODE_UNKNOWN) : Set.of(clause);
            Report.Finding finding = NodeKit.run(nodes, only).of(clause);
            proxy.close(); // or the node would wait for the kit's connections
            assertThat(finding.state()).isEqualTo(Report.State.FAILED);
            assertThat(finding.detail()).isNotEmpty();
        }
    }

    @Test
    void allClauses_areBrokenBySomeFault() {
        assertThat(FAULTS.keySet()).containsExactlyElementsOf(Clause.of("node"));
    }
}
