package io.github.wsbridge.conformance;

import static io.github.wsbridge.conformance.Report.expect;
import static java.nio.charset.StandardCharsets.UTF_8;

import com.grack.nanojson.JsonObject;
import io.github.wsbridge.wire.message.JsonMessage;
import io.github.wsbridge.wire.message.MalformedMessageException;
import io.github.wsbridge.wire.websocket.Frames;
import io.github.wsbridge.wire.websocket.Heartbeat;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Predicate;

/** Plays requester and device at once. */
final class NodeBridges {

    private static final String V1 = "wsbridge.v1";
    private static final String DATA = "a b+c/ä&=%";

    private final Nodes nodes;
    private final Report report;
    private final String device;
    private Inbox listening;

    /** @param device the id of a device that nobody else plays */
    NodeBridges(Nodes nodes, Report report, String device) throws IOException {
        this.nodes = nodes;
        this.report = report;
        this.device = device;
        this.listening = new Inbox(nodes.listen(device), nodes.patience());
    }

    /** A bridge of which the kit has both ends. */
    private record Pair(Wire requester, Wire device, JsonObject invitation) implements AutoCloseable {

        @Override
        public void close() throws IOException {
            requester.close();
            device.close();
        }
    }

    void run() throws InterruptedException {
        report.checkIfWanted(Clause.NODE_INVITATION, this::invitation);
        report.checkIfWanted(Clause.NODE_REASON, this::reason);
        report.checkIfWanted(Clause.NODE_TRACE, this::trace);
        report.checkIfWanted(Clause.NODE_ENCODING, this::encoding);
        report.checkIfWanted(Clause.NODE_ESTABLISHED, this::established);
        report.checkIfWanted(Clause.NODE_PLAIN_END, this::plainEnd);
        report.checkIfWanted(Clause.NODE_HELD, this::held);
        report.checkIfWanted(Clause.NODE_RELAY, this::relay);
        report.checkIfWanted(Clause.NODE_FRAGMENTS, this::fragments);
        report.checkIfWanted(Clause.NODE_LARGE, this::large);
        report.checkIfWanted(Clause.NODE_PING, this::ping);
        report.checkIfWanted(Clause.NODE_FLOOD, this::flood);
        report.checkIfWanted(Clause.NODE_CLOSE, this::closes);
        report.checkIfWanted(Clause.NODE_VANISHED, this::vanished);
        report.checkIfWanted(Clause.NODE_FRAMES, this::malformed);
        report.checkIfWanted(
                Clause.NODE_REJECT_URL, () -> rejectByUrl("&rejectCode=77&rejectReason=no%2C+n%C3%B6", "77 no, nö"));
        report.checkIfWanted(Clause.NODE_REJECT_DEFAULT, () -> rejectByUrl("&rejectReason=nö", "403 nö"));
        report.checkIfWanted(Clause.NODE_REJECT_LISTEN, this::rejectOnSocket);
        report.checkIfWanted(Clause.NODE_LISTEN_IGNORES, this::ignores);
        report.checkIfWanted(Clause.NODE_WITHDRAW, this::withdraw);
        report.checkIfWanted(Clause.NODE_TOKEN, this::token);
        report.checkIfWanted(Clause.NODE_UNREACHABLE, () -> {
            try (Wire requester = nodes.request(device + " that is not there", "", "")) {
                expectClose(requester.message(), 4404, null);
            }
        });
        report.checkIfWanted(Clause.NODE_WAIT, this::waits);
        signed();
        report.checkIfWanted(Clause.NODE_REPLACED, this::replaced);
        report.checkIfWanted(Clause.NODE_LISTEN_LIMIT, this::listenLimit);
    }

    /** Runs the checks that mostly wait. */
    void runSlow() throws InterruptedException {
        report.checkIfWanted(Clause.NODE_HEARTBEAT, this::heartbeat);
        report.checkIfWanted(Clause.NODE_WAIT_REFUSED, this::waitRefused);
        report.checkIfWanted(Clause.NODE_TIMEOUT, this::timeout);
    }

    // ---- the secondary channel

    private JsonObject next(String type) throws IOException {
        return next(type, read -> true);
    }

    private JsonObject next(String type, Predicate<JsonObject> wanted) throws IOException {
        return listening.next(message -> {
            expect(message.opcode() == Frames.TEXT, message + " on the listen socket");
            try {
                JsonObject read = JsonMessage.read(message.payload());
                // Withdrawals are those of earlier checks, unless one is waited for.
                if (JsonMessage.type(read).equals(type) && wanted.test(read)) {
                    return read;
                }
                expect(!JsonMessage.type(read).equals("invitation"), "another invitation: " + message);
                return null;
            } catch (MalformedMessageException e) {
                throw new Report.Broken("no JSON object on the listen socket: " + message);
            }
        });
    }

    private JsonObject invited() throws IOException {
        return next("invitation");
    }

    private static String member(JsonObject message, String name) throws Report.Broken {
        String value = message.getString(name);
        expect(value != null, "no member " + name);
        return value == null ? "" : value;
    }

    private Pair bridge(String requesterSubprotocol, String deviceSubprotocol) throws IOException {
        Wire requester = nodes.request(device, DATA, requesterSubprotocol);
        JsonObject invitation = invited();
        return new Pair(requester, nodes.accept(member(invitation, "acceptUrl"), deviceSubprotocol), invitation);
    }

    /** Returns a bridge that stands: something has passed. */
    private Pair bridge() throws IOException {
        Pair pair = bridge("", "");
        carry(pair.requester, pair.device, Frames.BINARY, new byte[] {7});
        return pair;
    }

    private void invitation() throws IOException {
        try (Pair pair = bridge()) {
            JsonObject invitation = pair.invitation;
            expect(member(invitation, "bridgeId").matches("[0-9a-f]{32}"), "bridgeId " + invitation.get("bridgeId"));
            expect(member(invitation, "requestData").equals(DATA), "requestData " + invitation.get("requestData"));
            expect(!member(invitation, "principal").isEmpty(), "an empty principal");
            URI url = URI.create(member(invitation, "acceptUrl"));
            Map<String, String> query = query(url.getRawQuery());
            expect(url.getRawPath().endsWith("/bridge/accept"), "the path " + url.getRawPath() + " of the accept URL");
            expect(
                    member(invitation, "bridgeToken").equals(query.get("bridgeToken")),
                    "another token in the accept URL: " + query.get("bridgeToken"));
            expect(
                    DATA.equals(query.get("requestData")),
                    "requestData " + query.get("requestData") + " in the accept URL");
            try {
                Instant expires = Instant.parse(member(invitation, "expiresAt"));
                expect(expires.isAfter(Instant.now()), "expired at " + expires);
            } catch (DateTimeException e) {
                throw new Report.Broken("expiresAt " + invitation.get("expiresAt"));
            }
        }
    }

    private static Map<String, String> query(String raw) {
        Map<String, String> query = new HashMap<>();
        for (String part : raw.split("&", -1)) {
            int equals = part.indexOf('=');
            query.put(
                    part.substring(0, Math.max(0, equals)),
                    java.net.URLDecoder.decode(part.substring(equals + 1), UTF_8));
        }
        return query;
    }

    private void reason() throws IOException {
        try (Wire requester = nodes.open(
                nodes.connect(device, "") + "&reason=" + Nodes.encoded("to look ä"), nodes.requester(), "")) {
            JsonObject invitation = invited();
            expect("to look ä".equals(invitation.getString("reason")), "the reason " + invitation.get("reason"));
            expect("".equals(invitation.getString("requestData")), "request data that nobody gave");
        }
        try (Wire requester = nodes.request(device, "", "")) {
            expect(!invited().has("reason"), "a reason that nobody gave");
        }
    }

    private void trace() throws IOException {
        Map<String, String> fields = new HashMap<>(nodes.requester());
        for (String malformed : List.of("00-" + "0".repeat(32) + "-00f067aa0ba902b7-01", "no trace")) {
            fields.put("traceparent", malformed);
            try (Wire requester = nodes.open(nodes.connect(device, ""), fields, "")) {
                String passedOn = invited().getString("traceparent");
                expect(!malformed.equals(passedOn), "a malformed traceparent, passed on: " + passedOn);
            }
        }
        fields.put("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
        try (Wire requester = nodes.open(nodes.connect(device, ""), fields, "")) {
            String passedOn = invited().getString("traceparent", "");
            expect(
                    passedOn.isEmpty() || passedOn.matches("00-[0-9a-f]{32}-[0-9a-f]{16}-0[0-3]"),
                    "a traceparent that is malformed: " + passedOn);
        }
    }

    private void encoding() throws IOException {
        try (Wire requester = nodes.open(
                "/bridge/connect?deviceId=" + Nodes.encoded(device) + "&requestData=a+b%20%C3%A4%2B",
                nodes.requester(),
                "")) {
            expect("a b ä+".equals(invited().getString("requestData")), "other request data");
        }
    }

    private void rejectByUrl(String query, String reason) throws IOException {
        try (Wire requester = nodes.request(device, "", "");
                Wire rejecting = nodes.accept(member(invited(), "acceptUrl") + query.replace("ö", "%C3%B6"), "")) {
            expectClose(requester.message(), 4403, reason);
            expectClose(rejecting.message(), 1000, null);
        }
    }

    private void rejectOnSocket() throws IOException {
        try (Wire requester = nodes.request(device, "", "")) {
            String token = member(invited(), "bridgeToken");
            listening
                    .wire()
                    .text("{\"type\":\"reject\",\"bridgeToken\":\"" + token
                            + "\",\"code\":78,\"reason\":\"nö\",\"new\":[1]}");
            expectClose(requester.message(), 4403, "78 nö");
        }
    }

    private void ignores() throws IOException {
        listening.wire().text("{\"type\":\"something new\",\"bridgeToken\":\"x\"}");
        listening.wire().text("no JSON at all");
        listening.wire().text("[1,2,3]");
        listening.wire().text("{\"type\":\"reject\"}");
        listening.wire().text("{\"type\":\"reject\",\"new\":" + "[".repeat(1000) + "]".repeat(1000) + "}");
        bridge().close();
    }

    private void withdraw() throws IOException {
        JsonObject invitation;
        try (Wire requester = nodes.request(device, "", "")) {
            invitation = invited();
            requester.close(1000, "");
        }
        String token = member(invitation, "bridgeToken");
        next("withdraw", withdrawn -> token.equals(withdrawn.getString("bridgeToken")));
        try (Wire accepting = nodes.accept(member(invitation, "acceptUrl"), "")) {
            expectClose(accepting.message(), 4410, null);
        }
    }

    private void token() throws IOException {
        try (Pair pair = bridge();
                Wire again = nodes.accept(member(pair.invitation, "acceptUrl"), "")) {
            expectClose(again.message(), 4410, null);
            carry(pair.requester, pair.device, Frames.BINARY, new byte[] {1});
        }
        Nodes.Answer answer = nodes.acceptToken("AUq3-no-token-of-anybody");
        expect(answer.status() == 101, answer + " to an unknown token");
        try (Wire wire = answer.wire()) {
            expectClose(wire.message(), 4410, null);
        }
    }

    private void timeout() throws IOException {
        try (Wire requester = nodes.request(device, "", "")) {
            Instant expires = Instant.parse(member(invited(), "expiresAt"));
            Duration left = Duration.between(Instant.now(), expires);
            requester.patience(left.isNegative() ? nodes.patience() : left.plus(nodes.patience()));
            expectClose(requester.message(), 4408, null);
        }
    }

    private void replaced() throws IOException {
        Inbox older = listening;
        listening = new Inbox(nodes.listen(device), nodes.patience());
        expectClose(older.next(message -> message.opcode() == Frames.TEXT ? null : message), 4409, null);
        older.close();
        bridge().close();
    }

    private void listenLimit() throws IOException {
        try (Wire wire = nodes.listen(device + " too long")) {
            wire.text("{\"type\":\"" + "x".repeat(64 * 1024) + "\"}");
            Wire.Message close = wire.end();
            expect(close != null && close.closes(1009), close + " in place of a close with 1009");
        }
    }

    // ---- bridges

    private static void expectClose(Wire.Message message, int code, @org.jspecify.annotations.Nullable String reason)
            throws IOException {
        expect(
                message.closes(code) && (reason == null || message.text().equals(reason)),
                message + " in place of a close with " + code + (reason == null ? "" : " " + reason));
    }

    private static void carry(Wire from, Wire to, int opcode, byte[] content) throws IOException {
        CompletableFuture<Void> sending = CompletableFuture.runAsync(() -> {
            try {
                from.frame(0x80 | opcode, content);
            } catch (IOException e) {
                throw new CompletionException(e);
            }
        });
        Wire.Message message = to.message();
        expect(
                message.opcode() == opcode && Arrays.equals(message.payload(), content),
                message + " in place of " + (opcode == Frames.TEXT ? "text of " : "") + content.length + " bytes"
                        + (message.payload().length == content.length ? " of other content" : ""));
        expect(to.unmasked() != null && to.keys().isEmpty(), "a masked frame of the node");
        sending.join();
    }

    static byte[] content(int size) {
        byte[] bytes = new byte[size];
        for (int i = 0; i < size; i++) {
            bytes[i] = (byte) (i * 31 + (i >>> 8) * 7 + size);
        }
        return bytes;
    }

    private void established() throws IOException {
        try (Pair pair = bridge(V1, V1)) {
            String id = member(pair.invitation, "bridgeId");
            for (Wire wire : List.of(pair.requester, pair.device)) {
                JsonObject message = established(wire);
                expect(id.equals(message.getString("bridgeId")), "bridgeId " + message.get("bridgeId") + ", not " + id);
                if (wire == pair.device) {
                    String principal = member(pair.invitation, "principal");
                    expect(principal.equals(message.getString("principal")), "principal " + message.get("principal"));
                }
            }
            carry(pair.requester, pair.device, Frames.BINARY, new byte[] {1, 2, 3});
            carry(pair.requester, pair.device, Frames.BINARY, new byte[0]);
            carry(pair.device, pair.requester, Frames.BINARY, new byte[] {4});
            carry(pair.device, pair.requester, Frames.BINARY, new byte[0]);
        }
    }

    private static JsonObject established(Wire wire) throws IOException {
        Wire.Message first = wire.message();
        expect(first.opcode() == Frames.TEXT, first + " in place of the message \"established\"");
        try {
            JsonObject message = JsonMessage.read(first.payload());
            expect(JsonMessage.type(message).equals("established"), first + " as the first message");
            return message;
        } catch (MalformedMessageException e) {
            throw new Report.Broken(first + " as the first message");
        }
    }

    private void plainEnd() throws IOException {
        try (Pair pair = bridge(V1, "")) {
            established(pair.requester);
            carry(pair.requester, pair.device, Frames.BINARY, new byte[] {1});
            carry(pair.device, pair.requester, Frames.TEXT, "plain".getBytes(UTF_8));
        }
        try (Pair pair = bridge("", V1)) {
            established(pair.device);
            carry(pair.device, pair.requester, Frames.BINARY, new byte[] {1});
        }
    }

    private void held() throws IOException {
        try (Wire requester = nodes.request(device, "", "")) {
            requester.binary(content(1000));
            requester.text("second");
            JsonObject invitation = invited();
            try (Wire accepting = nodes.accept(member(invitation, "acceptUrl"), "")) {
                expect(Arrays.equals(accepting.message().payload(), content(1000)), "other content");
                expect(accepting.message().text().equals("second"), "another second message");
            }
        }
    }

    private void relay() throws IOException {
        try (Pair pair = bridge()) {
            for (Wire[] way : new Wire[][] {{pair.requester, pair.device}, {pair.device, pair.requester}}) {
                for (int size : new int[] {0, 1, 125, 126, 65_535, 65_536}) {
                    carry(way[0], way[1], Frames.BINARY, content(size));
                }
                carry(way[0], way[1], Frames.TEXT, "a€😀ü".repeat(10_000).getBytes(UTF_8));
                carry(way[0], way[1], Frames.TEXT, new byte[0]);
            }
        }
    }

    private void fragments() throws IOException {
        try (Pair pair = bridge()) {
            for (Wire[] way : new Wire[][] {{pair.requester, pair.device}, {pair.device, pair.requester}}) {
                List<Integer> ends = new ArrayList<>();
                int total = 0;
                int[] sizes = {3, 0, 200, 70_000, 1};
                for (int i = 0; i < sizes.length; i++) {
                    total += sizes[i];
                    ends.add(total);
                    way[0].frame(
                            (i == 0 ? Frames.TEXT : Frames.CONTINUATION) | (i == sizes.length - 1 ? 0x80 : 0),
                            "x".repeat(sizes[i]).getBytes(UTF_8));
                    if (i == 1) {
                        way[0].frame(0x80 | Frames.PING, (byte) 1); // between fragments, for the node alone
                    }
                }
                Wire.Message message = way[1].message();
                expect(message.opcode() == Frames.TEXT && message.payload().length == total, message + " in pieces");
                int at = 0;
                List<Integer> seen = new ArrayList<>();
                for (int size : message.frames()) {
                    at += size;
                    seen.add(at);
                }
                expect(seen.containsAll(ends), "fragments that end at " + seen + " in place of " + ends);
            }
        }
    }

    private void large() throws IOException {
        try (Pair pair = bridge()) {
            carry(pair.requester, pair.device, Frames.BINARY, content(5 << 20));
            carry(pair.device, pair.requester, Frames.BINARY, content(5 << 20));
        }
    }

    private void ping() throws IOException {
        try (Pair pair = bridge()) {
            for (Wire wire : List.of(pair.requester, pair.device)) {
                expect(wire.answersPing("conformance"), "no pong");
                expect(wire.answersPing(""), "no pong to an empty ping");
            }
            pair.requester.frame(0x80 | Frames.PONG, "unsolicited".getBytes(UTF_8));
            pair.requester.binary(new byte[] {2});
            pair.device.within(() -> {
                Wire.Frame frame;
                do {
                    frame = pair.device.frame();
                    expect(
                            frame.opcode() != Frames.PING || !frame.text().equals("conformance"),
                            "the other end's ping, relayed");
                    expect(!frame.text().equals("unsolicited"), "the other end's pong, relayed");
                } while (frame.opcode() != Frames.BINARY);
                return frame;
            });
        }
    }

    private void flood() throws IOException {
        try (Pair pair = bridge()) {
            byte[] pings = new byte[2_000 * 6]; // each without a payload, but with a key
            for (int at = 0; at < pings.length; at += 6) {
                pings[at] = (byte) (0x80 | Frames.PING);
                pings[at + 1] = (byte) 0x80;
                pings[at + 2] = 1;
            }
            pair.requester.raw(pings); // at once, before the node can end the connection
            Wire.Message close = pair.requester.end();
            expect(close != null && close.closes(1008), close + " in place of a close with 1008");
        }
    }

    private void closes() throws IOException {
        for (int code : new int[] {1000, 3000, 4999}) {
            for (boolean fromDevice : new boolean[] {false, true}) {
                try (Pair pair = bridge()) {
                    Wire from = fromDevice ? pair.device : pair.requester;
                    Wire to = fromDevice ? pair.requester : pair.device;
                    from.close(code, "wörds");
                    expectClose(to.message(), code, "wörds");
                    to.close(code, "");
                    Wire.Message answer = from.end();
                    expect(answer != null, "no answer to a close");
                }
            }
        }
        try (Pair pair = bridge()) {
            pair.requester.frame(0x80 | Frames.CLOSE);
            Wire.Message close = pair.device.message();
            expect(close.opcode() == Frames.CLOSE && close.payload().length == 0, close + ", for one without a code");
        }
    }

    private void vanished() throws IOException {
        try (Pair pair = bridge()) {
            pair.device.reset();
            expectClose(pair.requester.message(), 4000, null);
        }
        try (Pair pair = bridge()) {
            pair.requester.close();
            expectClose(pair.device.message(), 4000, null);
        }
    }

    private void malformed() throws IOException {
        malformed("an unmasked frame", wire -> wire.frame(0x80 | Frames.BINARY, false, (byte) 1));
        malformed("a reserved bit", wire -> wire.frame(0xC0 | Frames.BINARY, (byte) 1));
        malformed("a reserved opcode", wire -> wire.frame(0x83, (byte) 1));
        malformed("a ping in fragments", wire -> wire.frame(Frames.PING, (byte) 1));
        malformed("a ping of 126 bytes", wire -> wire.frame(0x80 | Frames.PING, new byte[126]));
        malformed("a continuation of nothing", wire -> wire.frame(0x80 | Frames.CONTINUATION, (byte) 1));
        malformed("a close with 1005", wire -> wire.close(1005, ""));
        malformed("a close of one byte", wire -> wire.frame(0x80 | Frames.CLOSE, (byte) 1));
    }

    /** Sends what is malformed. */
    private interface Malformed {
        void to(Wire wire) throws IOException;
    }

    private void malformed(String what, Malformed sending) throws IOException {
        try (Pair pair = bridge()) {
            sending.to(pair.requester);
            try {
                Wire.Message close = pair.requester.end();
                expect(close == null || close.closes(1002), close + " in place of 1002");
                Wire.Message other = pair.device.message();
                expect(other.opcode() == Frames.CLOSE, other + " at the other end");
            } catch (IOException e) {
                throw new Report.Broken("after " + what + ": " + e.getMessage());
            }
        }
    }

    private void heartbeat() throws IOException {
        try (Wire wire = nodes.listen(device + " for heartbeats")) {
            wire.patience(
                    nodes.patience().compareTo(Duration.ofSeconds(3)) > 0 ? nodes.patience() : Duration.ofSeconds(3));
            Duration next;
            try {
                next = wire.within(() -> {
                    Duration announced;
                    do {
                        Wire.Frame frame = wire.frame();
                        announced = frame.opcode() == Frames.PONG ? Heartbeat.read(frame.payload()) : null;
                    } while (announced == null);
                    return announced;
                });
            } catch (SocketTimeoutException e) {
                throw new Report.Broken("no heartbeat");
            }
            wire.patience(next.multipliedBy(2).plusSeconds(1));
            try {
                wire.frame();
            } catch (SocketTimeoutException e) {
                throw new Report.Broken("a heartbeat, and then nothing for twice its time");
            }
        }
    }

    private String waiting(String deviceId, String more) {
        return nodes.connect(deviceId, "") + "&wait=true" + more;
    }

    private void waits() throws IOException {
        Wire requester = ask(waiting(device, ""));
        JsonObject invitation = invited();
        expect(!requester.speaks(Duration.ofMillis(300)), "an answer before the device accepted");
        try (Wire accepting = nodes.accept(member(invitation, "acceptUrl"), "")) {
            accepting.text("at once");
            Nodes.Answer answer = Nodes.answer(requester);
            expect(answer.status() == 101, answer + ": " + answer.body());
            expect(requester.message().text().equals("at once"), "other data of the device");
        } finally {
            requester.close();
        }
    }

    private Wire ask(String endpoint) throws IOException {
        Wire wire = nodes.dial();
        StringBuilder text = new StringBuilder("GET " + nodes.target(endpoint) + " HTTP/1.1\r\n");
        Map<String, String> fields = Nodes.upgrade(nodes.host());
        fields.putAll(nodes.requester());
        fields.forEach(
                (name, value) -> text.append(name).append(": ").append(value).append("\r\n"));
        wire.raw(text.append("\r\n").toString());
        return wire;
    }

    private void waitRefused() throws IOException {
        Nodes.Answer unreachable = Nodes.answer(ask(waiting(device + " that is not there", "")));
        expect(unreachable.status() == 404, unreachable + " in place of 404");
        Wire rejected = ask(waiting(device, ""));
        nodes.accept(member(invited(), "acceptUrl") + "&rejectCode=79&rejectReason=n%C3%B6", "")
                .close();
        Nodes.Answer no = Nodes.answer(rejected);
        expect(no.status() == 403, no + " in place of 403");
        expect(no.body().strip().equals("79 nö"), "the words \"" + no.body() + "\"");
        Wire late = ask(waiting(device, ""));
        Duration left = Duration.between(Instant.now(), Instant.parse(member(invited(), "expiresAt")));
        late.patience(left.isNegative() ? nodes.patience() : left.plus(nodes.patience()));
        Nodes.Answer timeout = Nodes.answer(late);
        expect(timeout.status() == 408, timeout + " in place of 408");
    }

    // ---- signed URLs

    private void signed() throws InterruptedException {
        if (nodes.requester().isEmpty()) {
            report.notApplicable(Clause.NODE_SIGNED, "no requester's credential was given");
            report.notApplicable(Clause.NODE_SIGNED_ONCE, "no requester's credential was given");
            return;
        }
        report.checkIfWanted(Clause.NODE_SIGNED, () -> {
            String url = signed("");
            Nodes.Answer opened = nodes.bare(url);
            expect(opened.status() == 101, opened + " to the URL");
            JsonObject invitation = invited();
            expect("signed".equals(invitation.getString("requestData")), "other request data");
            String principal = member(invitation, "principal");
            opened.wire().close();
            try (Wire requester = nodes.request(device, "", "")) {
                expect(
                        principal.equals(invited().getString("principal")),
                        principal + ", who is not the holder of the credential");
            }
            Nodes.Answer changed = nodes.bare(url.replace("requestData=signed", "requestData=other"));
            expect(changed.status() == 403, changed + " to the URL with other request data");
            Nodes.Answer more = nodes.bare(url + "&reason=other");
            expect(more.status() == 403, more + " to the URL with a further parameter");
            Nodes.Answer unsigned = nodes.sign("deviceId=" + Nodes.encoded(device), null);
            expect(unsigned.status() == 401, unsigned + " to a request for one without a credential");
        });
        // The last on this listen socket: a node that opens a second bridge invites once more.
        report.checkIfWanted(Clause.NODE_SIGNED_ONCE, () -> {
            String url = signed("&once=true");
            Nodes.Answer first = nodes.bare(url);
            expect(first.status() == 101, first + " to the URL");
            invited();
            first.wire().close();
            Nodes.Answer second = nodes.bare(url);
            expect(second.status() == 403, second + " to the same URL again");
        });
    }

    private String signed(String more) throws IOException {
        Nodes.Answer answer = nodes.sign(
                "deviceId=" + Nodes.encoded(device) + "&requestData=signed&lifetime=60" + more, nodes.requester());
        expect(answer.status() == 200, answer + ": " + answer.body());
        return member(JsonMessage.read(answer.body().getBytes(UTF_8)), "url");
    }
}
