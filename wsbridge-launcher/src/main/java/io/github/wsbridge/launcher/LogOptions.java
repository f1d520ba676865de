package io.github.wsbridge.launcher;

import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParseResult;

/** Options for how much a command logs to standard error. */
final class LogOptions {

    /** The level of detail. */
    enum Detail {
        QUIET,
        NORMAL,
        VERBOSE
    }

    @Option(
            names = {"-q", "--quiet"},
            fallbackValue = "true",
            description = "Log errors only.")
    boolean quiet;

    @Option(
            names = {"-v", "--verbose"},
            fallbackValue = "true",
            description = "Log every bridge, and show stack traces with errors.")
    boolean verbose;

    /** Returns the detail requested for the innermost subcommand. */
    static Detail of(ParseResult parsed) {
        ParseResult last = parsed;
        while (last.hasSubcommand()) {
            last = last.subcommand();
        }
        return on(last, "--verbose") ? Detail.VERBOSE : on(last, "--quiet") ? Detail.QUIET : Detail.NORMAL;
    }

    private static boolean on(ParseResult parsed, String name) {
        OptionSpec option = parsed.commandSpec().findOption(name);
        return option != null && Boolean.TRUE.equals(option.getValue());
    }
}
