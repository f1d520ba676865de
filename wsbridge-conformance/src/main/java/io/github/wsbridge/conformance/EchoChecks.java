package io.github.wsbridge.conformance;

import static io.github.wsbridge.conformance.Report.expect;
import static java.nio.charset.StandardCharsets.UTF_8;

import com.grack.nanojson.JsonWriter;
import io.github.wsbridge.wire.websocket.Frames;
import io.github.wsbridge.wire.websocket.WebSocketKey;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** What holds for requesters and devices: the far end of a bridge whose client sends back what it gets. */
final class EchoChecks {

    private static final String TEXT = "a€😀ü";

    /** Makes clients open bridges. */
    interface Source {

        /** Returns the next bridge that the client opens, before it is answered. */
        KitNode.Incoming open() throws IOException, InterruptedException;

        /** Returns the bridge id and, for a device, the principal of that bridge, as members of a JSON object. */
        String established();

        /** Ends the input of a client that copies its input, once all has been sent. */
        void endInput();

        /** Called when a bridge is over. */
        void over();
    }

    private final Source source;
    private final Report report;
    private final Duration patience;
    private boolean sawV1;
    private Wire.@Nullable Message afterwards; // what came after the answer to a half-close

    EchoChecks(Source source, Report report, Duration patience) {
        this.source = source;
        this.report = report;
        this.patience = patience;
    }

    boolean sawV1() {
        return sawV1;
    }

    void run() throws InterruptedException {
        echo();
        report.checkIfWanted(Clause.CLIENT_CLOSE, this::close);
        report.checkIfWanted(Clause.CLIENT_MALFORMED, () -> {
            malformed("a masked frame", wire -> wire.frame(0x80 | Frames.BINARY, true, (byte) 1));
            malformed("a reserved opcode", wire -> wire.frame(0x83, (byte) 1));
            malformed("a reserved bit", wire -> wire.frame(0xC0 | Frames.BINARY, (byte) 1));
        });
    }

    static String quoted(String text) {
        return JsonWriter.string(text);
    }

    /** Accepts the next bridge and, if the client has asked for it, says that it stands. */
    private Wire bridge() throws IOException, InterruptedException {
        KitNode.Incoming incoming = source.open();
        Wire wire = incoming.upgrade();
        if (incoming.offersV1()) {
            sawV1 = true;
            wire.text("{\"type\":\"established\",\"new\":{\"a\":[1]}," + source.established() + "}");
        }
        return wire;
    }

    /** Reads bytes until there are enough, or the other end has half-closed. */
    private byte[] read(Wire wire, int count) throws IOException {
        return wire.within(() -> {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            while (bytes.size() < count) {
                Wire.Message message = wire.message();
                expect(
                        message.opcode() != Frames.CLOSE,
                        message + " after " + bytes.size() + " of " + count + " bytes");
                if (sawV1 && message.opcode() == Frames.TEXT) {
                    report.broken(Clause.CLIENT_BINARY, message.toString());
                }
                if (sawV1 && message.payload().length == 0 && message.opcode() == Frames.BINARY) {
                    report.broken(Clause.CLIENT_BINARY, "an empty message in the midst of the data");
                    throw new Report.Broken("an empty message after " + bytes.size() + " of " + count + " bytes");
                }
                bytes.writeBytes(message.payload());
            }
            return bytes.toByteArray();
        });
    }

    private void echoed(Wire wire, byte[] expected) throws IOException {
        byte[] got = read(wire, expected.length);
        int differs = Arrays.mismatch(got, expected);
        expect(
                differs < 0,
                differs >= expected.length
                        ? got.length + " bytes in place of " + expected.length
                        : "another byte at " + differs);
    }

    private void echo() throws InterruptedException {
        Wire wire;
        try {
            wire = bridge();
        } catch (IOException e) {
            report.broken(Clause.CLIENT_PING, "no bridge: " + e.getMessage());
            report.unreached("no bridge: " + e.getMessage());
            return;
        }
        try {
            if (sawV1) {
                report.check(Clause.CLIENT_ESTABLISHED, () -> {
                    wire.binary((byte) 2);
                    echoed(wire, new byte[] {2});
                });
            }
            report.check(Clause.CLIENT_PING, () -> {
                expect(wire.answersPing("conformance"), "no pong");
                expect(wire.answersPing(""), "no pong to an empty ping");
            });
            report.check(Clause.CLIENT_PONG, () -> {
                wire.frame(0x80 | Frames.PONG, "heartbeat 60000".getBytes(UTF_8));
                wire.frame(0x80 | Frames.PONG);
                wire.binary((byte) 1);
                echoed(wire, new byte[] {1});
            });
            report.check(Clause.CLIENT_BYTES, () -> bytes(wire));
            if (sawV1) {
                report.check(Clause.CLIENT_TEXT, () -> text(wire));
            }
            report.check(Clause.CLIENT_LARGE, () -> large(wire));
            if (sawV1) {
                report.check(Clause.CLIENT_HALF_CLOSED, () -> halfClosed(wire));
                report.check(Clause.CLIENT_HALF_CLOSE, () -> {
                    Wire.Message message = afterwards == null ? wire.message() : afterwards;
                    expect(
                            message.opcode() == Frames.BINARY && message.payload().length == 0,
                            message + " in place of an empty binary message");
                });
                report.check(Clause.CLIENT_END, () -> ended(wire));
                report.passed(Clause.CLIENT_BINARY);
            } else {
                for (Clause clause : Clause.values()) {
                    if (clause.text().startsWith("with `wsbridge.v1`")) {
                        report.notApplicable(clause, "the client does not offer wsbridge.v1");
                    }
                }
            }
        } finally {
            over(wire);
        }
    }

    private void over(Wire wire) {
        try {
            wire.close();
        } catch (IOException e) {
            // over either way
        }
        source.over();
    }

    private void bytes(Wire wire) throws IOException {
        for (int size : new int[] {1, 125, 126, 65_535, 65_536}) {
            wire.binary(NodeBridges.content(size));
            echoed(wire, NodeBridges.content(size));
        }
        byte[] whole = NodeBridges.content(70_204);
        int at = 0;
        for (int size : new int[] {3, 0, 200, 70_000, 1}) {
            wire.frame(
                    (at == 0 ? Frames.BINARY : Frames.CONTINUATION) | (at + size == whole.length ? 0x80 : 0),
                    Arrays.copyOfRange(whole, at, at + size));
            at += size;
            wire.frame(0x80 | Frames.PING, (byte) size);
        }
        echoed(wire, whole);
    }

    private void text(Wire wire) throws IOException {
        byte[] bytes = TEXT.getBytes(UTF_8);
        wire.text(TEXT);
        wire.text("");
        wire.frame(Frames.TEXT, Arrays.copyOf(bytes, 2)); // in the midst of a character
        wire.frame(0x80, Arrays.copyOfRange(bytes, 2, bytes.length));
        echoed(wire, (TEXT + TEXT).getBytes(UTF_8));
    }

    private void large(Wire wire) throws IOException {
        byte[] content = NodeBridges.content(4 << 20);
        CompletableFuture<Void> sending = CompletableFuture.runAsync(() -> {
            try {
                wire.binary(content);
            } catch (IOException e) {
                throw new CompletionException(e);
            }
        });
        echoed(wire, content);
        sending.join();
    }

    private void halfClosed(Wire wire) throws IOException {
        byte[] content = NodeBridges.content(100_000);
        wire.binary(content);
        wire.frame(Frames.BINARY);
        wire.frame(0x80 | Frames.PING, (byte) 1);
        wire.frame(Frames.CONTINUATION);
        wire.frame(0x80 | Frames.CONTINUATION);
        echoed(wire, content);
        source.endInput();
        afterwards = wire.message();
        expect(afterwards.opcode() != Frames.CLOSE, afterwards + " in answer to the end of one direction");
    }

    private void ended(Wire wire) throws IOException {
        wire.patience(patience.dividedBy(2));
        Wire.Message close;
        try {
            close = wire.message();
        } catch (java.net.SocketTimeoutException e) {
            wire.patience(patience);
            wire.close(1000, "");
            close = wire.message();
        }
        if (close.opcode() != Frames.CLOSE) {
            report.broken(Clause.CLIENT_HALF_CLOSE, close + " after its own empty message");
        }
        expect(close.closes(1000) || close.closes(1005), close + " in place of a close with 1000");
    }

    private void close() throws IOException, InterruptedException {
        Wire wire = bridge();
        try {
            wire.close(4001, "gone");
            Wire.Message answer = wire.end();
            expect(answer != null, "the connection ended without a close frame");
        } finally {
            over(wire);
        }
    }

    /** Sends what is malformed. */
    private interface Malformed {
        void to(Wire wire) throws IOException;
    }

    private void malformed(String what, Malformed sending) throws IOException, InterruptedException {
        Wire wire = bridge();
        try {
            sending.to(wire);
            Wire.Message close = wire.end();
            expect(close == null || close.closes(1002), close + " in place of 1002");
        } catch (IOException e) {
            throw new Report.Broken("after " + what + ": " + e.getMessage());
        } finally {
            over(wire);
        }
    }

    /** Checks what all connections of the client have in common. */
    void all(List<KitNode.Incoming> requests) throws InterruptedException {
        if (requests.isEmpty()) {
            return;
        }
        for (KitNode.Incoming request : requests) {
            report.check(Clause.CLIENT_HANDSHAKE, () -> handshake(request.head()));
            report.check(Clause.CLIENT_PARAMETERS, () -> parameters(request));
            if (request.query().contains("%20") || request.query().contains("+")) {
                report.check(
                        Clause.CLIENT_SPACE, () -> expect(!request.query().contains("+"), "+ in " + request.query()));
            }
            report.check(
                    Clause.CLIENT_BASE, () -> expect(request.path().startsWith(KitNode.BASE + "/"), request.path()));
            if (request.browser()) {
                report.notApplicable(Clause.CLIENT_ORIGIN, "a browser");
            } else {
                report.check(
                        Clause.CLIENT_ORIGIN,
                        () -> expect(
                                request.head().all("Origin").isEmpty(),
                                request.head().value("Origin")));
            }
        }
        report.check(Clause.CLIENT_MASKED, () -> {
            for (KitNode.Incoming request : requests) {
                Integer unmasked = request.wire().unmasked();
                expect(unmasked == null, "an unmasked frame with opcode " + unmasked);
            }
        });
        List<Integer> keys = requests.stream()
                .flatMap(request -> request.wire().keys().stream())
                .toList();
        if (keys.size() < 8) {
            report.notApplicable(Clause.CLIENT_KEYS, "the client has sent only " + keys.size() + " masked frames");
        } else {
            report.check(Clause.CLIENT_KEYS, () -> {
                long different = keys.stream().distinct().count();
                expect(different > keys.size() / 2, different + " different keys for " + keys.size() + " frames");
                long steps = IntStream.range(1, keys.size())
                        .map(i -> keys.get(i) - keys.get(i - 1))
                        .distinct()
                        .count();
                expect(steps > keys.size() / 2, "keys that follow one another in " + steps + " ways");
            });
        }
        if (requests.stream().anyMatch(request -> request.wire().promises() > 0)) {
            report.check(Clause.CLIENT_HEARTBEAT, () -> {
                for (KitNode.Incoming request : requests) {
                    expect(!request.wire().promiseBroken(), "silence for more than twice the time, and a second");
                }
            });
        } else {
            report.notApplicable(Clause.CLIENT_HEARTBEAT, "the client has sent no heartbeat");
        }
    }

    private static void handshake(Head head) throws IOException {
        expect(head.start().matches("GET \\S+ HTTP/1\\.1"), head.start());
        expect(head.contains("Connection", "Upgrade"), "Connection: " + head.value("Connection"));
        expect(head.value("Sec-WebSocket-Version").equals("13"), "version " + head.value("Sec-WebSocket-Version"));
        expect(
                WebSocketKey.valid(head.value("Sec-WebSocket-Key")),
                "Sec-WebSocket-Key: " + head.value("Sec-WebSocket-Key"));
        expect(head.all("Host").size() == 1, head.all("Host").size() + " Host");
        expect(head.all("Transfer-Encoding").isEmpty(), "Transfer-Encoding");
        expect(head.value("Content-Length").matches("0?"), "Content-Length: " + head.value("Content-Length"));
    }

    private static void parameters(KitNode.Incoming request) throws IOException {
        for (String name : List.of(
                "deviceId",
                "requestData",
                "bridgeToken",
                "rejectCode",
                "rejectReason",
                "reason",
                "wait",
                "subprotocol",
                "signature")) {
            expect(request.parameters(name).size() <= 1, name + " more than once");
            expect(!request.parameter(name).contains("\uFFFD"), name + " is not UTF-8");
        }
        expect(
                request.query().chars().allMatch(c -> c > ' ' && c < 0x7F),
                "unencoded characters in " + request.query());
    }
}
