package io.github.wsbridge.conformance;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.github.wsbridge.wire.files.KeyText;
import io.github.wsbridge.wire.net.HostPort;
import io.github.wsbridge.wire.net.Reasons;
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
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Spec.Target;

/** The command line of the conformance kit. */
@Command(
        name = "wsbridge conformance",
        mixinStandardHelpOptions = true,
        description = "Checks a node, a requester or a device against the clauses of docs/protocol.md.",
        subcommands = {Main.NodeCommand.class, Main.RequesterCommand.class, Main.DeviceCommand.class})
final class Main {

    private Main() {}

    /** Runs a command and ends the JVM: 0 if all clauses hold, 1 if one does not, 2 for a wrong command line. */
    public static void main(String[] arguments) {
        System.exit(run(new PrintWriter(System.out, true, UTF_8), new PrintWriter(System.err, true, UTF_8), arguments));
    }

    static int run(PrintWriter out, PrintWriter err, String... arguments) {
        return commandLine()
                .setOut(out)
                .setErr(err)
                .setExecutionExceptionHandler((failure, command, parsed) -> {
                    command.getErr().println(Reasons.of(failure));
                    return 1;
                })
                .execute(arguments);
    }

    static CommandLine commandLine() {
        return new CommandLine(new Main());
    }

    private static Duration seconds(@Nullable CommandSpec spec, String option, double seconds) {
        if (!(seconds >= 0.01 && seconds <= 3600)) {
            throw wrong(spec, option + " must be from 0.01 to 3600 seconds");
        }
        return Duration.ofMillis(Math.round(1000 * seconds));
    }

    private static ParameterException wrong(@Nullable CommandSpec spec, String what) {
        return new ParameterException(Objects.requireNonNull(spec).commandLine(), what);
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

        @Spec(Target.MIXEE)
        @Nullable
        CommandSpec command;

        Duration patience() {
            return seconds(command, "--patience", patience);
        }

        int report(Report report, PrintWriter out, String suite) throws IOException {
            report.print(out);
            if (junit != null) {
                try (PrintWriter file = new PrintWriter(Files.newBufferedWriter(junit))) {
                    report.writeXml(file, "wsbridge-conformance." + suite);
                    if (file.checkError()) {
                        throw new IOException("cannot write " + junit);
                    }
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

    /** Reads a host and a port. */
    static final class Address implements CommandLine.ITypeConverter<HostPort> {

        @Override
        public HostPort convert(String text) {
            try {
                return HostPort.parse(text);
            } catch (IllegalArgumentException e) {
                throw new CommandLine.TypeConversionException(e.getMessage());
            }
        }
    }

    /** What clients under test have. */
    static final class Client {

        @Option(
                names = "--listen",
                paramLabel = "HOST:PORT",
                defaultValue = "127.0.0.1:0",
                converter = Address.class,
                description = "where the kit's node listens, which lets anybody in; port 0 is any free one"
                        + " (default: ${DEFAULT-VALUE})")
        HostPort listen = new HostPort("127.0.0.1", 0);

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

        @Spec(Target.MIXEE)
        @Nullable
        CommandSpec mixee;

        Duration startTime() {
            return seconds(mixee, "--start-time", startTime);
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

        @Spec
        @Nullable
        CommandSpec spec;

        @Mixin
        Common common = new Common();

        private static final String REQUESTER_KEY = "WSBRIDGE_REQUESTER_KEY";
        private static final String DEVICE_KEY = "WSBRIDGE_DEVICE_KEY";

        @Parameters(paramLabel = "URL", description = "the node's base URL, such as ws://127.0.0.1:8080")
        URI url = URI.create("");

        @Option(
                names = "--requester-key-file",
                paramLabel = "FILE",
                description = "a file that contains only a requester's API key, which may instead be in the environment"
                        + " variable " + REQUESTER_KEY)
        @Nullable
        Path requesterKeyFile;

        @Option(
                names = "--device-key-file",
                paramLabel = "FILE",
                description = "a file that contains only an API key good for all devices, which may instead be in the"
                        + " environment variable " + DEVICE_KEY)
        @Nullable
        Path deviceKeyFile;

        @Override
        public Integer call() throws IOException, InterruptedException {
            if (!String.valueOf(url.getScheme()).matches("(?i)wss?|https?") || url.getHost() == null) {
                throw wrong(spec, url + " is not a node's URL, such as ws://127.0.0.1:8080");
            }
            Nodes nodes = new Nodes(
                    url,
                    common.patience(),
                    credential(requesterKeyFile, REQUESTER_KEY),
                    credential(deviceKeyFile, DEVICE_KEY));
            nodes.dial().close(); // rather than find this out for each clause
            return common.report(NodeKit.run(nodes, common.only), out(spec), "node");
        }

        private static Map<String, String> credential(@Nullable Path file, String variable) throws IOException {
            String key = file == null ? System.getenv().getOrDefault(variable, "") : KeyText.read(file);
            return NodeKit.apiKey(key.strip());
        }
    }

    private static PrintWriter out(@Nullable CommandSpec spec) {
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

        @Spec
        @Nullable
        CommandSpec spec;

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
            try (KitNode node = new KitNode(client.listen, common.patience())) {
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

        @Spec
        @Nullable
        CommandSpec spec;

        @Mixin
        Common common = new Common();

        @Mixin
        Client client = new Client();

        @Override
        public Integer call() throws IOException, InterruptedException {
            try (KitNode node = new KitNode(client.listen, common.patience())) {
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
