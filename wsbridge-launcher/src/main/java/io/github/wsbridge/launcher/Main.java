package io.github.wsbridge.launcher;

import io.github.wsbridge.wire.net.HostPort;
import io.github.wsbridge.wire.net.StreamAddress;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.Charset;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** The {@code wsbridge} command. */
@Command(
        name = "wsbridge",
        description = "Joins two outgoing WebSocket connections into one byte stream.",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        synopsisSubcommandLabel = "COMMAND",
        commandListHeading = "%nCommands:%n",
        footerHeading = "%n",
        footer = {
            "Try it on this machine:   wsbridge demo",
            "Help for a command:       wsbridge node --help, or wsbridge help node",
            "",
            "Every option can also be set in the environment: --accept-timeout is WSBRIDGE_ACCEPT_TIMEOUT;"
                    + " those of node, device, tunnel and website also in a file, with --config FILE."
                    + " Secrets are read from files or the environment only."
        },
        exitCodeListHeading = Main.EXIT_CODES,
        exitCodeList = {Main.EXIT_0, Main.EXIT_1, Main.EXIT_2})
public final class Main implements Runnable {

    static final String EXIT_CODES = "%nExit codes:%n";
    static final String EXIT_0 = "0:success, including an orderly stop";
    static final String EXIT_1 = "1:failure";
    static final String EXIT_2 = "2:invalid command line, or a required option is missing";

    /** The longest that the JVM waits after a signal; commands limit their own shutdown to much less. */
    private static final long LONGEST_STOP_HOURS = 24;

    /** How long the end of the process waits for somebody to read what it has written. */
    private static final Duration LAST_WORDS = Duration.ofSeconds(1);

    private static final List<String> COMMANDS =
            List.of("node", "device", "tunnel", "website", "keys", "demo", "train");

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    private Main() {}

    /** Runs a command and exits the JVM with its exit code. */
    public static void main(String[] args) {
        shorten();
        QueuedOutput out = new QueuedOutput("wsbridge-out", new FileOutputStream(FileDescriptor.out), false);
        QueuedOutput err = new QueuedOutput("wsbridge-log", new FileOutputStream(FileDescriptor.err), true);
        Logs.prepare(err);
        Charset charset = Terminal.charset();
        CommandContext here = new CommandContext(
                new FileInputStream(FileDescriptor.in), // avoids the buffers and locks of System.in
                new FileOutputStream(FileDescriptor.out),
                new PrintStream(out, true, charset),
                new PrintStream(err, true, charset),
                System.getenv(),
                Terminal.attached(),
                new CompletableFuture<>(),
                Signals::hangupMeans);
        CountDownLatch ended = new CountDownLatch(1);
        int[] code = {1};
        // A signal only starts the shutdown: the command stops in order and reports the outcome, and then the JVM
        // exits.
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            boolean signalled = ended.getCount() > 0;
            here.stop().complete(null);
            try {
                if (signalled && ended.await(LONGEST_STOP_HOURS, TimeUnit.HOURS)) {
                    Runtime.getRuntime().halt(code[0]);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }));
        try {
            code[0] = run(here, args);
        } catch (Throwable e) { // such as no memory: the process must end, so that somebody can restart it
            here.err().println("wsbridge: " + e);
        }
        drain(out, err);
        ended.countDown();
        System.exit(code[0]);
    }

    private static void drain(QueuedOutput... outputs) {
        try {
            for (QueuedOutput output : outputs) {
                output.drain(LAST_WORDS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Skips searches of the whole class path, and classes that are not needed, unless a property asks for them. */
    private static void shorten() {
        Map<String, String> shortcuts = Map.of(
                "picocli.disable.closures", "true",
                "slf4j.provider", "org.slf4j.jul.JULServiceProvider",
                "slf4j.internal.verbosity", "WARN",
                "io.netty.jfr.enabled", "false",
                // Otherwise Netty records a stack trace for every 128th buffer.
                "io.netty.leakDetection.level", "disabled",
                // Otherwise Netty asks all network interfaces for one, and warns if none has it, as in many containers.
                "io.netty.machineId", "02:00:00:00:00:00:00:00");
        shortcuts.forEach((name, value) -> {
            if (System.getProperty(name) == null) {
                System.setProperty(name, value);
            }
        });
    }

    /** Runs a command to completion and returns its exit code. */
    static int run(CommandContext here, String... args) {
        // Reading the options of a command by reflection takes long, so only those that are needed are read.
        boolean known = args.length > 0 && COMMANDS.contains(args[0]);
        CommandLine main = commandLine(here, known ? List.of(args[0]) : COMMANDS);
        try {
            CommandLine command = known ? main.getSubcommands().getOrDefault(args[0], main) : main;
            setDefaults(main, command, here, List.of(args));
        } catch (ParameterException e) {
            return new Failures().handleParseException(e, args);
        }
        return main.execute(args);
    }

    private static void setDefaults(CommandLine main, CommandLine command, CommandContext here, List<String> args) {
        Map<String, String> file = ConfigFile.read(command, args, here.env());
        main.setDefaultValueProvider(new EnvironmentDefaults(here.env(), file));
    }

    /**
     * Parses a command line that has been parsed before, with what the configuration file contains now.
     *
     * @throws ParameterException if that is not possible any longer
     */
    static CommandSpec parsedAgain(CommandContext here, List<String> args) {
        CommandLine main = commandLine(here, List.of(args.get(0)));
        CommandLine command = main.getSubcommands().getOrDefault(args.get(0), main);
        setDefaults(main, command, here, args);
        main.parseArgs(args.toArray(String[]::new));
        return command.getCommandSpec();
    }

    /** Returns the specification of a command, for the reference of its options. */
    static CommandSpec specification(CommandContext here, String command) {
        CommandLine main = commandLine(here, List.of(command));
        return main.getSubcommands().getOrDefault(command, main).getCommandSpec();
    }

    /** Returns the specification of everything, for the manual pages and the completion of command lines. */
    static CommandSpec specification(CommandContext here) {
        return commandLine(here, COMMANDS).getCommandSpec();
    }

    private static CommandLine commandLine(CommandContext here, List<String> commands) {
        CommandLine main = new CommandLine(new Main());
        commands.forEach(name -> main.addSubcommand(command(name, here)));
        main.addSubcommand(new CommandLine.HelpCommand());
        main.setOut(new PrintWriter(here.out(), true, Terminal.charset()));
        main.setErr(new PrintWriter(here.err(), true, Terminal.charset()));
        Failures failures = new Failures();
        main.setParameterExceptionHandler(failures);
        main.setExecutionExceptionHandler(failures);
        main.setExecutionStrategy(new Run());
        main.registerConverter(HostPort.class, new Converter<>(HostPort::parse));
        main.registerConverter(StreamAddress.class, new Converter<>(StreamAddress::parse));
        main.registerConverter(Forward.class, new Converter<>(Forward::parse));
        main.registerConverter(Duration.class, new Converter<>(Quantities::duration));
        main.registerConverter(Quantities.Bytes.class, new Converter<>(Quantities::bytes));
        main.setUsageHelpWidth(110);
        main.setUsageHelpLongOptionsMaxWidth(34);
        main.setAbbreviatedOptionsAllowed(false);
        return main;
    }

    private static Object command(String name, CommandContext here) {
        return switch (name) {
            case "node" -> new NodeCommand(here);
            case "device" -> new DeviceCommand(here);
            case "tunnel" -> new TunnelCommand(here);
            case "website" -> new WebsiteCommand(here);
            case "keys" -> new CommandLine(new KeysCommand(here)).addSubcommand(new ApiKeyCommand(here));
            case "demo" -> new DemoCommand(here);
            case "train" -> new TrainCommand(here);
            default -> throw new IllegalArgumentException(name);
        };
    }

    /** Called if no command is given: fails with a usage message. */
    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "a command is missing");
    }

    /** Provides the version from the jar's manifest. */
    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() {
            return new String[] {"wsbridge " + number()};
        }

        String number() {
            String version = Main.class.getPackage().getImplementationVersion();
            return version == null ? "(not packaged)" : version;
        }
    }

    // Classes, not lambdas of picocli's interfaces: the JVM cannot archive those, since picocli's class files are too
    // old, and would generate them at each start.

    private static final class Run implements CommandLine.IExecutionStrategy {
        @Override
        public int execute(ParseResult parsed) {
            Logs.configure(LogOptions.of(parsed), LogOptions.formOf(parsed));
            return new CommandLine.RunLast().execute(parsed);
        }
    }

    private record Converter<T>(Function<String, T> parser) implements ITypeConverter<T> {
        @Override
        public T convert(String text) {
            try {
                return parser.apply(text);
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException(e.getMessage());
            }
        }
    }
}
