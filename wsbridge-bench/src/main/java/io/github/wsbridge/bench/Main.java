package io.github.wsbridge.bench;

import picocli.CommandLine;

/** Runs {@code bench}. */
public final class Main {

    private Main() {}

    /** Ends the JVM with the exit code of the command. */
    public static void main(String[] args) {
        CommandLine line = new CommandLine(new BenchCommand()).addSubcommand(new SoakCommand());
        line.setUsageHelpWidth(110);
        System.exit(line.execute(args));
    }
}
