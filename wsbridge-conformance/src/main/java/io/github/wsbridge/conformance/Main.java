package io.github.wsbridge.conformance;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The command line of the conformance kit. */
@Command(
        name = "wsbridge-conformance",
        mixinStandardHelpOptions = true,
        description = "Checks a node, a requester or a device against the clauses of docs/protocol.md.",
        subcommands = {Main.NodeCommand.class, Main.RequesterCommand.class, Main.DeviceCommand.class})
final class Main {

    private Main() {}

    /** Runs a command and ends the JVM: 0 if all clauses hold, 1 if one does not, 2 for a wrong command line. */
    public static void main(String[] arguments) {
        System.exit(run(new PrintWriter(System.out, true, UTF_8), arguments));
    }

    static int run(PrintWriter out, String... arguments) {
        return new CommandLine(new Main()).setOut(out).execute(arguments);
    }

    /** What all commands have. */
    static final class Common {

        @Option(
                names = "--patience",
                paramLabel = "SECONDS",
                defaultValue = "5",
                description = "how long to wait for anything (default: ${DEFAULT-VALUE})")
        double patience;

        @Option(names = "--strict", description = "let a clause with SHOULD that does not hold be a failure, too")
        boolean strict;

        @Option(names = "--junit", paramLabel = "FILE", description = "also write the results in JUnit's XML format")
        @Nullable
        Path junit;

        @Option(
                names = "--clause",
                paramLabel = "ID",
                split = ",",
                description = "check only these clauses",
                converter = ClauseId.class)
        Set<Clause> only = Set.of();

        Duration patience() {
            return NodeKit.seconds(patience);
        }

        int report(Report report, PrintWriter out, String suite) throws IOException {
            report.print(out);
            if (junit != null) {
                try (PrintWriter file = new PrintWriter(Files.newBufferedWriter(junit))) {
                    report.writeXml(file, "wsbridge-conformance." + suite);
                }
            }
            boolean broken = report.count(Report.State.FAILED) > 0
                    || strict && report.count(Report.State.WARNED) > 0
                    || report.count(Report.State.PASSED) == 0;
            return broken ? 1 : 0;
        }
    }

    /** Reads a clause's id. */
    static final class ClauseId implements CommandLine.ITypeConverter<Clause> {

        @Override
        public Clause convert(String id) {
            return Arrays.stream(Clause.values())
                    .filter(clause -> clause.id().equals(id))
                    .findFirst()
                    .orElseThrow(() -> new CommandLine.TypeConversionException("there is no clause " + id));
        }
    }

    /** What clients under test have. */
    static final class Client {

        @Option(
                names = "--port",
                paramLabel = "PORT",
                defaultValue = "0",
                description = "the port of the kit's node on 127.0.0.1 (default: any free one)")
        int port;

        @Option(
                names = "--device-id",
                paramLabel = "ID",
                defaultValue = "conformance ä/1 +&=%",
                description = "the id of the device (default: ${DEFAULT-VALUE})")
        String deviceId = "";

        @Option(
                names = "--request-data",
                paramLabel = "DATA",
                defaultValue = "echo",
                description = "the request data (default: ${DEFAULT-VALUE})")
        String requestData = "";

        @Option(
                names = "--start-time",
                paramLabel = "SECONDS",
                defaultValue = "20",
                description = "how long the client may take to connect (default: ${DEFAULT-VALUE})")
        double startTime;

        @Parameters(
                paramLabel = "COMMAND",
                arity = "0..*",
                description = "starts the client; {url}, {deviceId} and {requestData} stand for these values."
                        + " Without a command, the kit waits for a client that somebody else starts")
        List<String> command = List.of();

        Duration startTime() {
            return NodeKit.seconds(startTime);
        }

        Map<String, String> values(KitNode node) {
            return Map.of("url", node.url(), "deviceId", deviceId, "requestData", requestData);
        }

        void announce(KitNode node, PrintWriter out) {
            if (command.isEmpty()) {
                out.println("waiting for the client at " + node.url() + ", deviceId " + deviceId + ", requestData "
                        + requestData);
                out.flush();
            }
        }
    }

    /** Checks a node. */
    @Command(
            name = "node",
            mixinStandardHelpOptions = true,
            description =
                    "Plays requester and device against a node. This takes as long as the node's accept timeout, and"
                            + " some seconds.")
    static final class NodeCommand implements Callable<Integer> {

        @CommandLine.Spec
        CommandLine.Model.@Nullable CommandSpec spec;

        @Mixin
        Common common = new Common();

        @Parameters(paramLabel = "URL", description = "the node's base URL, such as ws://127.0.0.1:8080")
        URI url = URI.create("");

        @Option(names = "--requester-key", paramLabel = "KEY", defaultValue = "", description = "a requester's API key")
        String requesterKey = "";

        @Option(
                names = "--device-key",
                paramLabel = "KEY",
                defaultValue = "",
                description = "a key good for all devices")
        String deviceKey = "";

        @Override
        public Integer call() throws IOException, InterruptedException {
            Nodes nodes = new Nodes(url, common.patience(), NodeKit.apiKey(requesterKey), NodeKit.apiKey(deviceKey));
            return common.report(NodeKit.run(nodes, common.only), out(spec), "node");
        }
    }

    private static PrintWriter out(CommandLine.Model.@Nullable CommandSpec spec) {
        return spec == null
                ? new PrintWriter(System.out, true, UTF_8)
                : spec.commandLine().getOut();
    }

    /** Checks a requester. */
    @Command(
            name = "requester",
            mixinStandardHelpOptions = true,
            description = "Plays node and device against a requester, which opens one bridge, sends back what it gets,"
                    + " half-closes when the other end has (with wsbridge.v1), and ends. It is started several times.")
    static final class RequesterCommand implements Callable<Integer> {

        @CommandLine.Spec
        CommandLine.Model.@Nullable CommandSpec spec;

        @Mixin
        Common common = new Common();

        @Mixin
        Client client = new Client();

        @Option(
                names = "--stdio",
                description = "the requester copies standard input to the bridge and the bridge to standard output")
        boolean stdio;

        @Override
        public Integer call() throws IOException, InterruptedException {
            try (KitNode node = new KitNode(client.port, common.patience())) {
                client.announce(node, out(spec));
                Report report = RequesterKit.run(
                        node,
                        client.command,
                        stdio,
                        client.deviceId,
                        client.requestData,
                        client.startTime(),
                        common.patience(),
                        common.only);
                return common.report(report, out(spec), "requester");
            }
        }
    }

    /** Checks a device. */
    @Command(
            name = "device",
            mixinStandardHelpOptions = true,
            description = "Plays node and requester against a device, which listens, accepts what has the given request"
                    + " data, sends back what it gets, and half-closes when the other end has (with wsbridge.v1).")
    static final class DeviceCommand implements Callable<Integer> {

        @CommandLine.Spec
        CommandLine.Model.@Nullable CommandSpec spec;

        @Mixin
        Common common = new Common();

        @Mixin
        Client client = new Client();

        @Override
        public Integer call() throws IOException, InterruptedException {
            try (KitNode node = new KitNode(client.port, common.patience())) {
                client.announce(node, out(spec));
                Program program = client.command.isEmpty()
                        ? null
                        : new Program(client.command, new HashMap<>(client.values(node)), false);
                try {
                    Report report = DeviceKit.run(
                            node,
                            client.deviceId,
                            client.requestData,
                            client.startTime(),
                            common.patience(),
                            common.only);
                    return common.report(report, out(spec), "device");
                } finally {
                    if (program != null) {
                        program.close();
                    }
                }
            }
        }
    }
}
