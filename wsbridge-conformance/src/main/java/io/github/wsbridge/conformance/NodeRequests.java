package io.github.wsbridge.conformance;

import static io.github.wsbridge.conformance.Report.expect;

import io.github.wsbridge.wire.websocket.WebSocketKey;
import java.io.EOFException;
import java.io.IOException;
import java.net.SocketException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** What a node answers to requests, before any bridge. */
final class NodeRequests {

    private static final String NOBODY = "/bridge/connect?deviceId=nobody";

    private final Nodes nodes;
    private final Report report;

    NodeRequests(Nodes nodes, Report report) {
        this.nodes = nodes;
        this.report = report;
    }

    void run() throws InterruptedException {
        report.checkIfWanted(Clause.NODE_HEALTH, this::health);
        report.checkIfWanted(Clause.NODE_UNKNOWN, () -> refused(404, "/bridge/nothing-" + UUID.randomUUID()));
        report.checkIfWanted(Clause.NODE_METHOD, this::methods);
        report.checkIfWanted(Clause.NODE_UPGRADE, this::upgrade);
        report.checkIfWanted(Clause.NODE_NO_UPGRADE, this::noUpgrade);
        report.checkIfWanted(Clause.NODE_MISSING, () -> {
            refused(400, "/bridge/connect?requestData=x");
            refused(400, "/bridge/accept?requestData=x");
            refused(400, "/bridge/listen");
        });
        report.checkIfWanted(Clause.NODE_REPEATED, () -> {
            refused(400, NOBODY + "&deviceId=nobody");
            refused(400, NOBODY + "&requestData=a&requestData=a");
        });
        report.checkIfWanted(Clause.NODE_NAMES, () -> {
            refused(400, "/bridge/connect?deviceid=nobody");
            nodes.open(NOBODY + "&somethingNew=1&DeviceId=x", nodes.requester(), "")
                    .close();
        });
        report.checkIfWanted(Clause.NODE_VALUES, this::values);
        report.checkIfWanted(Clause.NODE_HOST, this::host);
        report.checkIfWanted(Clause.NODE_CONTENT, this::content);
        report.checkIfWanted(Clause.NODE_STRICT, this::strict);
        report.checkIfWanted(Clause.NODE_HEADER_LIMIT, () -> {
            Map<String, String> fields = fields();
            fields.put("Padding", "x".repeat(16 * 1024));
            expectRefusal(431, nodes.ask("GET", NOBODY, fields));
            Map<String, String> many = fields();
            for (int i = 0; i < 101; i++) {
                many.put("Field-" + i, "x");
            }
            expectRefusal(431, nodes.ask("GET", NOBODY, many));
        });
        report.checkIfWanted(Clause.NODE_ORIGIN, this::origin);
        if (nodes.open()) {
            report.notApplicable(Clause.NODE_CREDENTIALS, "no credentials were given: the node is taken to be open");
            report.checkIfWanted(Clause.NODE_OPEN_HOST, this::foreignHost);
        } else {
            report.notApplicable(Clause.NODE_OPEN_HOST, "the node wants credentials");
            report.checkIfWanted(Clause.NODE_CREDENTIALS, this::credentials);
        }
        report.checkIfWanted(Clause.NODE_SUBPROTOCOL, this::subprotocol);
    }

    private Map<String, String> fields() {
        Map<String, String> fields = Nodes.upgrade(nodes.host());
        fields.putAll(nodes.requester());
        return fields;
    }

    private void refused(int status, String endpoint) throws IOException {
        expectRefusal(status, nodes.upgrade(endpoint, nodes.requester(), ""));
    }

    private void expectRefusal(int status, Nodes.Answer answer) throws IOException {
        answer.wire().close();
        expect(answer.status() == status, answer + " in place of " + status);
        refusalText(answer);
    }

    private void refusalText(Nodes.Answer answer) {
        String body = answer.body().replaceFirst("\r?\n$", "");
        if (!body.isBlank() && body.lines().count() == 1 && !body.startsWith("<")) {
            report.passed(Clause.NODE_REFUSAL);
        } else {
            report.broken(Clause.NODE_REFUSAL, "the body of a " + answer.status() + " is \"" + body + "\"");
        }
    }

    private Nodes.Answer plain(String method, String endpoint) throws IOException {
        Map<String, String> fields = new LinkedHashMap<>();
        fields.put("Host", nodes.host());
        fields.putAll(nodes.requester());
        return nodes.ask(method, endpoint, fields);
    }

    private void health() throws IOException {
        expect(plain("GET", "/livez").status() == 200, "another status of /livez");
        int ready = plain("GET", "/readyz").status();
        expect(ready == 200 || ready == 503, "status " + ready + " of /readyz");
    }

    private void methods() throws IOException {
        for (String[] wrong :
                new String[][] {{"POST", NOBODY, "GET"}, {"GET", "/bridge/signed-url?deviceId=x", "POST"}}) {
            Nodes.Answer answer = plain(wrong[0], wrong[1]);
            expect(answer.status() == 405, answer + " to " + wrong[0] + " " + wrong[1]);
            expect(
                    answer.head().contains("Allow", wrong[2]),
                    "Allow: " + answer.head().value("Allow"));
            refusalText(answer);
        }
    }

    private void upgrade() throws IOException {
        Map<String, String> fields = fields();
        String key = WebSocketKey.random();
        fields.put("Sec-WebSocket-Key", key);
        fields.put("Sec-WebSocket-Extensions", "permessage-deflate");
        Nodes.Answer answer = nodes.ask("GET", NOBODY, fields);
        answer.wire().close();
        Head head = answer.head();
        expect(answer.status() == 101, answer + ": " + answer.body());
        expect(head.contains("Upgrade", "websocket"), "Upgrade: " + head.value("Upgrade"));
        expect(head.contains("Connection", "Upgrade"), "Connection: " + head.value("Connection"));
        expect(
                head.value("Sec-WebSocket-Accept").equals(WebSocketKey.accept(key)),
                "a Sec-WebSocket-Accept that does not match");
        expect(head.all("Sec-WebSocket-Extensions").isEmpty(), "extensions, of which this protocol has none");
        expect(head.all("Sec-WebSocket-Protocol").isEmpty(), "a subprotocol that was not offered");
    }

    private void noUpgrade() throws IOException {
        expectRefusal(426, plain("GET", NOBODY));
        Map<String, String> fields = fields();
        fields.put("Sec-WebSocket-Version", "12");
        expectRefusal(426, nodes.ask("GET", NOBODY, fields));
    }

    private void values() throws IOException {
        for (String wrong : List.of(
                "/bridge/connect?deviceId=",
                "/bridge/connect?deviceId=a%0Ab",
                "/bridge/connect?deviceId=%ff",
                "/bridge/connect?deviceId=%zz",
                "/bridge/connect?deviceId=" + "x".repeat(257),
                NOBODY + "&requestData=" + "x".repeat(4097),
                NOBODY + "&reason=" + "x".repeat(257),
                NOBODY + "&wait=perhaps",
                "/bridge/accept?bridgeToken=x&rejectCode=10000",
                "/bridge/accept?bridgeToken=x&rejectCode=no")) {
            try {
                refused(400, wrong);
            } catch (Report.Broken e) {
                throw new Report.Broken(
                        e.getMessage() + ", to " + (wrong.length() > 80 ? wrong.substring(0, 80) : wrong));
            }
        }
    }

    /** Sends a request of which the fields are given as text. */
    private Nodes.Answer raw(String fields) throws IOException {
        Wire wire = nodes.dial();
        StringBuilder text = new StringBuilder("GET " + nodes.target(NOBODY) + " HTTP/1.1\r\n" + fields);
        nodes.requester()
                .forEach((name, value) ->
                        text.append(name).append(": ").append(value).append("\r\n"));
        wire.raw(text.append("\r\n").toString());
        return Nodes.answer(wire);
    }

    private String host(String more) {
        return "Host: " + nodes.host() + "\r\n" + more + withoutHost();
    }

    private static String withoutHost() {
        return "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: "
                + WebSocketKey.random() + "\r\n";
    }

    private void host() throws IOException {
        expectBad("no Host", withoutHost());
        expectBad("two Hosts", host("Host: " + nodes.host() + "\r\n"));
    }

    private void expectBad(String what, String fields) throws IOException {
        Nodes.Answer answer;
        try {
            answer = raw(fields);
        } catch (EOFException | SocketException e) {
            throw new Report.Broken("no answer to " + what);
        }
        answer.wire().close();
        expect(answer.status() == 400, answer + " to " + what);
    }

    private void content() throws IOException {
        expectBad("Content-Length: 5", host("Content-Length: 5\r\n"));
        expectBad("Transfer-Encoding: chunked", host("Transfer-Encoding: chunked\r\n"));
    }

    private void strict() throws IOException {
        expectBad("a white space before a colon", host("Field : x\r\n"));
        expectBad("a folded line", host("Field: x\r\n y\r\n"));
        expectBad("a line without a colon", host("Field\r\n"));
        expectBad("a line that ends with LF only", host("Field: x\n"));
    }

    private void origin() throws IOException, InterruptedException {
        Map<String, String> fields = fields();
        fields.put("Origin", "https://conformance.invalid");
        Nodes.Answer answer = nodes.ask("GET", NOBODY, fields);
        answer.wire().close();
        expect(answer.status() == 403, answer + ", unless the node is configured to allow any origin");
    }

    private void foreignHost() throws IOException {
        Nodes.Answer answer = nodes.ask("GET", NOBODY, Nodes.upgrade("conformance.invalid"));
        answer.wire().close();
        expect(answer.status() == 403, answer + " to Host: conformance.invalid");
    }

    private void credentials() throws IOException {
        if (!nodes.requester().isEmpty()) {
            expectRefusal(401, nodes.upgrade(NOBODY, Map.of(), ""));
            expectRefusal(401, nodes.upgrade(NOBODY, Map.of("X-Api-Key", "unknown-" + UUID.randomUUID()), ""));
        }
        expectRefusal(401, nodes.upgrade("/bridge/listen?deviceId=nobody", Map.of(), ""));
    }

    private void subprotocol() throws IOException {
        nodes.open(NOBODY + "&subprotocol=binary", nodes.requester(), "binary").close();
        for (String endpoint : List.of(NOBODY, NOBODY + "&subprotocol=other")) {
            Nodes.Answer answer = nodes.upgrade(endpoint, nodes.requester(), "binary");
            answer.wire().close();
            expect(answer.status() == 101, answer + ": " + answer.body());
            expect(
                    answer.head().all("Sec-WebSocket-Protocol").isEmpty(),
                    "agrees on " + answer.head().value("Sec-WebSocket-Protocol"));
        }
    }
}
