package io.github.wsbridge.metrics;

import java.util.Map;

/** What the metrics of events mean, in a few words; docs/metrics.md says more. */
final class Descriptions {

    private static final Map<String, String> ALL = Map.ofEntries(
            Map.entry("wsbridge.bridges.requested", "Requesters that were taken on"),
            Map.entry("wsbridge.bridges.established", "Bridges whose device came"),
            Map.entry("wsbridge.bridges.ended", "Bridges that ended, by close code"),
            Map.entry("wsbridge.bridge.setup", "Time from the request to the established bridge"),
            Map.entry("wsbridge.signal", "Time that a secondary channel took to answer"),
            Map.entry("wsbridge.forwards", "Devices forwarded to other nodes"),
            Map.entry("wsbridge.forwards.ended", "Forwarded bridges that ended, by close code"),
            Map.entry("wsbridge.refusals", "Refused requests, by HTTP status or close code"),
            Map.entry("wsbridge.limit.hits", "Refusals because of a limit"),
            Map.entry("wsbridge.lockouts", "Addresses that have tried too many invalid credentials"),
            Map.entry("wsbridge.listener.takeovers", "Listeners that a newer one has replaced"));

    private Descriptions() {}

    static String of(String meter) {
        String description = ALL.get(meter);
        if (description == null) {
            throw new IllegalArgumentException(meter);
        }
        return description;
    }
}
