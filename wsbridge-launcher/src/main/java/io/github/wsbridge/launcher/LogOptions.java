package io.github.wsbridge.launcher;

import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParseResult;

/** Options for how much a command logs to standard error, and how. */
@SuppressWarnings("NullAway.Init")
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

    @Option(
            names = "--log-format",
            paramLabel = "FORM",
            defaultValue = "text",
            description = "One line for each log entry: text, or json (default ${DEFAULT-VALUE})")
    Form form;

    /** The form of entries, as typed by users. */
    @SuppressWarnings("java:S115")
    enum Form {
        text,
        json
    }

    /** Returns the form requested for the innermost subcommand. */
    static Form formOf(ParseResult parsed) {
        OptionSpec option = innermost(parsed).commandSpec().findOption("--log-format");
        return option != null && option.getValue() instanceof Form form ? form : Form.text;
    }

    private static ParseResult innermost(ParseResult parsed) {
        ParseResult last = parsed;
        while (last.hasSubcommand()) {
            last = last.subcommand();
        }
        return last;
    }

    /** Returns the detail requested for the innermost subcommand. */
    static Detail of(ParseResult parsed) {
        ParseResult last = innermost(parsed);
        return on(last, "--verbose") ? Detail.VERBOSE : on(last, "--quiet") ? Detail.QUIET : Detail.NORMAL;
    }

    private static boolean on(ParseResult parsed, String name) {
        OptionSpec option = parsed.commandSpec().findOption(name);
        return option != null && Boolean.TRUE.equals(option.getValue());
    }
}
