package io.github.wsbridge.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** The near ends, which open connections, and send or receive. */
final class Requesters implements Agent.Role {

    /** The third octet of the sessions' source addresses, see {@link Session#open}. */
    static final int SOURCE = 1;

    private final Loop loop = new Loop("requesters");
    private final Sinks sinks = new Sinks();
    private final Map<String, Flow> flows = new ConcurrentHashMap<>();
    private final Stalled stalled = new Stalled();
    private @Nullable Crowd crowd;

    Requesters() throws IOException {}

    @Override
    public String start() {
        return "";
    }

    @Override
    public String handle(String command, Map<String, String> options) throws Exception {
        switch (command) {
            case "flow":
                flows.put(Agent.option(options, "id"), flow(Target.parse(Agent.option(options, "target")), options));
                return "";
            case "count":
                return sinks.count();
            case "connections":
                return new Connections(loop, Target.parse(Agent.option(options, "target")))
                        .run(
                                Agent.number(options, "concurrency"),
                                Agent.number(options, "warmup"),
                                Agent.number(options, "millis"));
            case "requests":
                return new Requests(Target.parse(Agent.option(options, "target")), Agent.number(options, "count"))
                        .run(Agent.number(options, "concurrency"));
            case "stall":
                stalled.open(Target.parse(Agent.option(options, "target")), Agent.number(options, "count"));
                return "";
            case "unstall":
                stalled.close();
                return "";
            case "stop":
                stop(Agent.number(options, "from"), Agent.number(options, "to"));
                return "";
            case "rtt":
                return RoundTrips.measure(
                        Target.parse(Agent.option(options, "target")),
                        Agent.number(options, "warmup"),
                        Agent.number(options, "millis"));
            case "setup":
                return new SetupLoop(loop, Agent.option(options, "target"), Agent.number(options, "devices"))
                        .run(
                                Agent.number(options, "concurrency"),
                                Agent.number(options, "warmup"),
                                Agent.number(options, "millis"));
            case "hold":
                crowd = new Crowd(loop, SOURCE, true);
                return crowd.gather(
                        Agent.option(options, "target"),
                        Agent.number(options, "devices"),
                        Agent.number(options, "count"),
                        Agent.number(options, "concurrency"),
                        Agent.number(options, "seconds"));
            case "flood":
                return crowd().flood(Agent.number(options, "frame"), options.containsKey("stall"));
            case "held":
                return crowd().state();
            case "release":
                if (crowd != null) {
                    crowd.release();
                }
                return "";
            default:
                throw new IllegalArgumentException(command);
        }
    }

    /** Sends, or receives if that is what the connection is for. */
    private Flow flow(Target target, Map<String, String> options) throws IOException {
        return target.purpose() == Purpose.SOURCE
                ? Flow.receiving(target, sinks)
                : Flow.sending(target, Agent.number(options, "frame"));
    }

    /** Stops all of them before waiting for the first one. */
    private void stop(int from, int to) throws IOException, InterruptedException {
        List<Flow> ending = new ArrayList<>();
        for (int id = from; id <= to; id++) {
            Flow flow = flows.remove(Integer.toString(id));
            if (flow != null) {
                flow.stop();
                ending.add(flow);
            }
        }
        for (Flow flow : ending) {
            flow.ended();
        }
    }

    private Crowd crowd() throws IOException {
        Crowd held = crowd;
        if (held == null) {
            throw new IOException("no bridges are held");
        }
        return held;
    }
}
