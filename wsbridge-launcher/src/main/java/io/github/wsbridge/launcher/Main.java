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
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
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
            "Every option can also be set in the environment: --accept-timeout is WSBRIDGE_ACCEPT_TIMEOUT."
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

    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    private Main() {}

    /** Runs a command and exits the JVM with its exit code. */
    public static void main(String[] args) {
        Logs.prepare();
        Charset charset = Terminal.charset();
        CommandContext here = new CommandContext(
                new FileInputStream(FileDescriptor.in), // avoids the buffers and locks of System.in
                new FileOutputStream(FileDescriptor.out),
                new PrintStream(System.out, true, charset),
                new PrintStream(System.err, true, charset),
                System.getenv(),
                Terminal.attached(),
                new CompletableFuture<>());
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
        code[0] = run(here, args);
        here.out().flush();
        ended.countDown();
        System.exit(code[0]);
    }

    /** Runs a command to completion and returns its exit code. */
    static int run(CommandContext here, String... args) {
        return commandLine(here).execute(args);
    }

    static CommandLine commandLine(CommandContext here) {
        CommandLine main = new CommandLine(new Main());
        main.addSubcommand(new NodeCommand(here));
        main.addSubcommand(new DeviceCommand(here));
        main.addSubcommand(new TunnelCommand(here));
        main.addSubcommand(new KeysCommand(here));
        main.addSubcommand(new DemoCommand(here));
        main.addSubcommand(new CommandLine.HelpCommand());
        main.setDefaultValueProvider(new EnvironmentDefaults(here.env()));
        main.setOut(new PrintWriter(here.out(), true, Terminal.charset()));
        main.setErr(new PrintWriter(here.err(), true, Terminal.charset()));
        Failures failures = new Failures();
        main.setParameterExceptionHandler(failures);
        main.setExecutionExceptionHandler(failures);
        main.setExecutionStrategy(parsed -> {
            Logs.configure(LogOptions.of(parsed));
            return new CommandLine.RunLast().execute(parsed);
        });
        main.registerConverter(HostPort.class, text -> address(text, HostPort::parse));
        main.registerConverter(StreamAddress.class, text -> address(text, StreamAddress::parse));
        main.registerConverter(Forward.class, Forward::parse);
        main.registerConverter(Duration.class, Quantities::duration);
        main.registerConverter(Quantities.Bytes.class, Quantities::bytes);
        main.setUsageHelpWidth(110);
        main.setUsageHelpLongOptionsMaxWidth(34);
        main.setAbbreviatedOptionsAllowed(false);
        return main;
    }

    private static <T> T address(String text, Function<String, T> parser) {
        try {
            return parser.apply(text);
        } catch (IllegalArgumentException e) {
            throw new TypeConversionException(e.getMessage());
        }
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
            String version = Main.class.getPackage().getImplementationVersion();
            return new String[] {"wsbridge " + (version == null ? "(not packaged)" : version)};
        }
    }
}
