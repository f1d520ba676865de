package io.github.wsbridge.conformance;

import static io.github.wsbridge.conformance.Report.expect;

import com.grack.nanojson.JsonObject;
import io.github.wsbridge.wire.message.JsonMessage;
import io.github.wsbridge.wire.message.MalformedMessageException;
import io.github.wsbridge.wire.websocket.Frames;
import java.io.EOFException;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Plays node and requester against a device. */
final class DeviceKit implements EchoChecks.Source {

    private static final Duration QUIET = Duration.ofMillis(300);
    private static final Duration REPLACED = Duration.ofSeconds(3);
    private static final Duration LIFE = Duration.ofSeconds(30);
    private static final String PRINCIPAL = "alice";

    private final KitNode node;
    private final String deviceId;
    private final String requestData;
    private final Duration startTime;
    private final Duration patience;
    private final Report report;
    private final String base; // as the device has reached the kit
    private String bridgeId = "";
    private Inbox listening;

    private DeviceKit(
            KitNode node,
            String deviceId,
            String requestData,
            Duration startTime,
            Duration patience,
            Report report,
            String host,
            Inbox listening) {
        this.report = report;
        this.base = "ws://" + host + KitNode.BASE;
        this.node = node;
        this.deviceId = deviceId;
        this.requestData = requestData;
        this.startTime = startTime;
        this.patience = patience;
        this.listening = listening;
    }

    /**
     * Checks a device that has been started, or is to be started by somebody.
     *
     * @param requestData what the device sends back the bytes for
     * @param startTime how long it may take to listen
     */
    static Report run(
            KitNode node, String deviceId, String requestData, Duration startTime, Duration patience, Set<Clause> only)
            throws InterruptedException {
        Report report = new Report(Clause.of("client", "device"), only);
        KitNode.Incoming first = node.listener(startTime);
        if (first == null) {
            report.broken(Clause.DEVICE_LISTEN, "the device has not connected");
            report.unreached("the device has not connected");
            return report;
        }
        try {
            Inbox listening = new Inbox(first.upgrade(), patience);
            new DeviceKit(
                            node,
                            deviceId,
                            requestData,
                            startTime,
                            patience,
                            report,
                            first.head().value("Host"),
                            listening)
                    .checks(first);
        } catch (IOException e) {
            report.broken(Clause.DEVICE_LISTEN, String.valueOf(e.getMessage()));
        }
        return report;
    }

    private void checks(KitNode.Incoming first) throws InterruptedException {
        report.check(Clause.DEVICE_LISTEN, () -> {
            expect(first.path().equals(KitNode.BASE + "/bridge/listen"), first.path());
            expect(first.parameter("deviceId").equals(deviceId), "deviceId " + first.parameter("deviceId"));
        });
        EchoChecks checks = new EchoChecks(this, report, patience);
        report.checkIfWanted(Clause.DEVICE_IGNORES, () -> {
            listening.wire().text("{\"type\":\"something new\",\"a\":[1]}");
            accepted(invite(requestData, ",\"new\":{\"a\":1}")).refuse(404);
        });
        checks.run();
        report.checkIfWanted(Clause.DEVICE_SEVERAL, this::several);
        report.checkIfWanted(Clause.DEVICE_AGAIN, this::again);
        if (checks.sawV1()) {
            report.checkIfWanted(Clause.DEVICE_PRINCIPAL, this::principal);
        } else {
            report.notApplicable(Clause.DEVICE_PRINCIPAL, "the device does not offer wsbridge.v1");
        }
        report.checkIfWanted(Clause.DEVICE_REJECT, this::reject);
        report.checkIfWanted(Clause.DEVICE_WITHDRAW, this::withdraw);
        report.checkIfWanted(Clause.DEVICE_LISTEN_PING, this::listenPing);
        report.checkIfWanted(Clause.DEVICE_MOVE, this::move);
        report.checkIfWanted(Clause.DEVICE_RECONNECT, () -> {
            listening.wire().reset();
            listenAgain();
        });
        report.checkIfWanted(Clause.DEVICE_REPLACED, () -> {
            listening.wire().close(4409, "a newer listener has replaced this one");
            expect(node.listener(REPLACED) == null, "another listen socket within " + REPLACED.toSeconds() + " s");
        });
        checks.all(node.all());
    }

    /** An invitation that has been sent. */
    private record Invited(String token, String target) {}

    private Invited invite(String data, String more) throws IOException {
        String token = "conformance-" + UUID.randomUUID();
        bridgeId = UUID.randomUUID().toString().replace("-", "");
        String target =
                "/other/bridge/accept?new=%C3%A4%20b&bridgeToken=" + token + "&requestData=" + Nodes.encoded(data);
        listening
                .wire()
                .text("{\"type\":\"invitation\",\"bridgeId\":\"" + bridgeId + "\",\"bridgeToken\":\"" + token
                        + "\",\"acceptUrl\":" + EchoChecks.quoted(base + target) + ",\"requestData\":"
                        + EchoChecks.quoted(data) + ",\"principal\":\"" + PRINCIPAL + "\",\"expiresAt\":\""
                        + Instant.now().plus(LIFE) + "\"" + more + "}");
        return new Invited(token, KitNode.BASE + target);
    }

    private KitNode.Incoming accepted(Invited invited) throws IOException, InterruptedException {
        Instant end = Instant.now().plus(patience);
        KitNode.Incoming incoming = node.bridge(patience);
        // A page does not learn that an earlier accept was refused, and tries it again.
        while (incoming != null
                && incoming.browser()
                && !incoming.parameter("bridgeToken").equals(invited.token)) {
            incoming.refuse(404);
            incoming = node.bridge(Duration.between(Instant.now(), end));
        }
        if (incoming == null) {
            report.broken(Clause.DEVICE_ACCEPT, "no accept");
            throw new Report.Broken("no accept");
        }
        String target = incoming.target();
        report.check(
                Clause.DEVICE_ACCEPT,
                () -> expect(target.equals(invited.target), target + " in place of " + invited.target));
        return incoming;
    }

    @Override
    public KitNode.Incoming open() throws IOException, InterruptedException {
        return accepted(invite(requestData, ""));
    }

    @Override
    public String established() {
        return "\"bridgeId\":\"" + bridgeId + "\",\"principal\":\"" + PRINCIPAL + "\"";
    }

    @Override
    public void endInput() {
        // a device sends back what it gets
    }

    @Override
    public void over() {
        // the device goes on
    }

    private void several() throws IOException, InterruptedException {
        KitNode.Incoming first = open();
        try (Wire one = establish(first)) {
            try (Wire two = establish(open())) {
                two.binary((byte) 2);
                one.binary((byte) 1);
                expect(two.message().payload()[0] == 2, "another byte");
                expect(one.message().payload()[0] == 1, "another byte");
            }
        }
    }

    private Wire establish(KitNode.Incoming incoming) throws IOException {
        Wire wire = incoming.upgrade();
        if (incoming.offersV1()) {
            wire.text("{\"type\":\"established\"," + established() + "}");
        }
        return wire;
    }

    private void again() throws IOException, InterruptedException {
        Invited invited = invite(requestData, "");
        accepted(invited).refuse(503);
        KitNode.Incoming second = node.bridge(patience);
        if (second == null) {
            throw new Report.Broken("no further accept after a 503");
        }
        second.wire().reset();
        KitNode.Incoming third = node.bridge(patience);
        if (third == null) {
            throw new Report.Broken("no further accept after a reset");
        }
        third.refuse(404);
    }

    private void principal() throws IOException, InterruptedException {
        KitNode.Incoming incoming = open();
        try (Wire wire = incoming.upgrade()) {
            wire.text("{\"type\":\"established\",\"bridgeId\":\"" + bridgeId + "\",\"principal\":\"mallory\"}");
            Wire.Message close = wire.message();
            // Browsers cannot send 1008.
            boolean closed = close.closes(1008) || incoming.browser() && close.opcode() == Frames.CLOSE;
            expect(closed, close + " in place of a close with 1008");
        }
    }

    private void reject() throws IOException, InterruptedException {
        Invited invited = invite("conformance: nobody has this", "");
        Instant end = Instant.now().plus(patience);
        while (Instant.now().isBefore(end)) {
            Wire.Message message = listening.poll(Duration.ofMillis(50));
            if (message != null) {
                JsonObject answer = object(message);
                expect(JsonMessage.type(answer).equals("reject"), message + " in place of a rejection");
                expect(invited.token.equals(answer.getString("bridgeToken")), "the rejection of another token");
                // Without a code, it is 403.
                expect(
                        code(answer.has("code") ? String.valueOf(answer.get("code")) : "403"),
                        "code " + answer.get("code"));
                return;
            }
            KitNode.Incoming incoming = node.bridge(Duration.ofMillis(50));
            if (incoming != null) {
                rejected(invited, incoming);
                return;
            }
        }
        throw new Report.Skipped("the device does nothing about an unknown request");
    }

    private void rejected(Invited invited, KitNode.Incoming incoming) throws IOException {
        if (incoming.parameters("rejectCode").isEmpty()
                && incoming.parameters("rejectReason").isEmpty()) {
            incoming.refuse(404);
            throw new Report.Skipped("the device accepts anything");
        }
        expect(incoming.target().startsWith(invited.target), incoming.target() + " in place of " + invited.target);
        String code = incoming.parameter("rejectCode");
        expect(code.isEmpty() || code(code), "rejectCode " + code);
        incoming.upgrade().close(1000, "");
    }

    private static boolean code(String text) {
        return text.matches("\\d{1,4}");
    }

    private static JsonObject object(Wire.Message message) throws IOException {
        expect(message.opcode() == Frames.TEXT, message + " on the listen socket");
        try {
            return JsonMessage.read(message.payload());
        } catch (MalformedMessageException e) {
            throw new Report.Broken("no JSON object: " + message);
        }
    }

    private void withdraw() throws IOException, InterruptedException {
        KitNode.Incoming incoming = open();
        String token = incoming.parameter("bridgeToken");
        listening.wire().text("{\"type\":\"withdraw\",\"bridgeToken\":\"" + token + "\"}");
        listening.wire().text("{\"type\":\"withdraw\",\"bridgeToken\":\"unknown\"}");
        Wire.Message answer = listening.poll(QUIET);
        expect(answer == null, answer + " to a withdrawal");
        incoming.refuse(404);
    }

    private void listenPing() throws IOException, InterruptedException {
        int before = listening.wire().answered();
        listening.wire().frame(0x80 | Frames.PING, "conformance".getBytes(java.nio.charset.StandardCharsets.UTF_8));
        Instant end = Instant.now().plus(patience);
        while (listening.wire().answered() == before && Instant.now().isBefore(end)) {
            Wire.Message message = listening.poll(Duration.ofMillis(20));
            expect(message == null, message + " in place of a pong");
        }
        expect(listening.wire().answered() > before, "no pong");
    }

    /**
     * Returns the next listen socket; null if none comes in time. Meanwhile, every accept is refused: a web page
     * repeats an accept after a refusal, and its browser opens no other connection before that one is answered (RFC
     * 6455, section 4.1).
     */
    private KitNode.@Nullable Incoming nextListener(Duration time) throws IOException, InterruptedException {
        Instant end = Instant.now().plus(time);
        KitNode.Incoming listener = null;
        while (listener == null && Instant.now().isBefore(end)) {
            KitNode.Incoming accept = node.bridge(Duration.ZERO);
            if (accept != null) {
                accept.refuse(404);
            }
            listener = node.listener(Duration.ofMillis(20));
        }
        return listener;
    }

    private void listenAgain() throws IOException, InterruptedException {
        KitNode.Incoming again = nextListener(startTime);
        if (again == null) {
            throw new Report.Broken("no further listen socket within " + startTime.toSeconds() + " s");
        }
        listening = new Inbox(again.upgrade(), patience);
    }

    private void move() throws IOException, InterruptedException {
        Inbox old = listening;
        old.wire().text("{\"type\":\"move\"}");
        KitNode.Incoming again = nextListener(patience);
        if (again == null) {
            throw new Report.Broken("no further listen socket");
        }
        Inbox newer = new Inbox(again.upgrade(), patience);
        listening = newer;
        try {
            Wire.Message close = old.next();
            expect(close.closes(1000), close + " in place of a close with 1000");
        } catch (EOFException e) {
            throw new Report.Broken("the end of the old listen socket without a close");
        } finally {
            old.close();
        }
    }
}
