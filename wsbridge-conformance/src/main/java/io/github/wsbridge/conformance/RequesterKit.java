package io.github.wsbridge.conformance;

import static io.github.wsbridge.conformance.Report.expect;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Plays node and device against a requester. */
final class RequesterKit {

    private static final Duration HELD = Duration.ofMillis(300);

    private RequesterKit() {}

    /**
     * Checks a requester.
     *
     * @param command opens one bridge, and ends with it; empty if somebody else makes the requester connect
     * @param piped whether it copies standard input and output rather than sending back what it gets
     * @param startTime how long a requester may take to connect
     */
    static Report run(
            KitNode node,
            List<String> command,
            boolean piped,
            String deviceId,
            String requestData,
            Duration startTime,
            Duration patience,
            Set<Clause> only)
            throws InterruptedException {
        Report report = new Report(Clause.of("client", "requester"), only);
        Requesters requesters = new Requesters(node, command, piped, deviceId, requestData, startTime, report);
        EchoChecks checks = new EchoChecks(requesters, report, patience);
        checks.run();
        checks.all(node.all());
        if (!requesters.waits) {
            report.notApplicable(Clause.REQUESTER_WAIT, "the requester does not ask with wait=true");
        }
        return report;
    }

    private static final class Requesters implements EchoChecks.Source {

        private final KitNode node;
        private final List<String> command;
        private final boolean piped;
        private final String deviceId;
        private final String requestData;
        private final Duration startTime;
        private final Report report;
        private @Nullable Program program;
        private boolean waits;

        Requesters(
                KitNode node,
                List<String> command,
                boolean piped,
                String deviceId,
                String requestData,
                Duration startTime,
                Report report) {
            this.node = node;
            this.command = command;
            this.piped = piped;
            this.deviceId = deviceId;
            this.requestData = requestData;
            this.startTime = startTime;
            this.report = report;
        }

        @Override
        public KitNode.Incoming open() throws IOException, InterruptedException {
            if (!command.isEmpty()) {
                program = new Program(
                        command, Map.of("url", node.url(), "deviceId", deviceId, "requestData", requestData), piped);
            }
            KitNode.Incoming incoming = node.bridge(startTime);
            if (incoming == null) {
                over();
                report.broken(Clause.REQUESTER_CONNECT, "the requester has not connected");
                throw new Report.Broken("the requester has not connected");
            }
            report.check(Clause.REQUESTER_CONNECT, () -> {
                expect(incoming.path().endsWith("/bridge/connect"), incoming.path());
                expect(incoming.parameter("deviceId").equals(deviceId), "deviceId " + incoming.parameter("deviceId"));
                expect(
                        incoming.parameter("requestData").equals(requestData),
                        "requestData " + incoming.parameter("requestData"));
            });
            if (incoming.parameter("wait").equals("true")) {
                waits = true;
                report.check(
                        Clause.REQUESTER_WAIT,
                        () -> expect(!incoming.wire().speaks(HELD), "something before the answer"));
            }
            return incoming;
        }

        @Override
        public String established() {
            return "\"bridgeId\":\"8c0e9f0d1b8b4c0e9a3a5d2f7b6c1e42\"";
        }

        @Override
        public void endInput() {
            if (program != null) {
                program.endInput();
            }
        }

        @Override
        public void over() {
            if (program != null) {
                program.close();
            }
        }
    }
}
