package io.github.wsbridge.launcher;

import java.nio.file.Path;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.IDefaultValueProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Spec.Target;

/** Options about where the other options come from. */
@SuppressWarnings("NullAway.Init")
final class ConfigOptions {

    static final String CHECK = "--check";

    private static final Pattern USER = Pattern.compile("://[^/?#]*@");
    private static final Pattern QUERY = Pattern.compile("(://[^?]*\\?).*");

    @Option(
            names = "--config",
            paramLabel = "FILE",
            description = "A file with settings: properties with the names of the options, such as"
                    + " listen=0.0.0.0:8080. The environment and the command line take precedence")
    private @Nullable Path file;

    @Option(
            names = CHECK,
            fallbackValue = "true",
            description = "Only check the settings and print them, each with where it comes from")
    private boolean check;

    @Spec(Target.MIXEE)
    private CommandSpec command;

    /** Prints the settings, if that is what is wanted. Returns whether it is. */
    boolean checkOnly(CommandContext here) {
        if (!check) {
            return false;
        }
        for (OptionSpec option : command.options()) {
            if (ConfigFile.isSetting(option)) {
                here.say(line(option));
            }
        }
        return true;
    }

    private String line(OptionSpec option) {
        ParseResult parsed = command.commandLine().getParseResult();
        String name = ConfigFile.name(option);
        if (parsed.hasMatchedOption(option.longestName())) {
            return name + "=" + hidden(String.join(",", option.originalStringValues())) + " (command line)";
        }
        IDefaultValueProvider defaults = command.defaultValueProvider();
        EnvironmentDefaults given = defaults instanceof EnvironmentDefaults known ? known : null;
        String value = given == null ? null : given.defaultValue(option);
        if (given != null && value != null) {
            return name + "=" + hidden(value) + " (" + given.source(option) + ")";
        }
        return option.defaultValue() == null ? "# " + name + "=" : name + "=" + option.defaultValue() + " (default)";
    }

    /** Hides what may be a password or a token in a URL. Other secrets are in files, of which this tells the names. */
    private static String hidden(String value) {
        String shown = QUERY.matcher(USER.matcher(value).replaceAll("://***@")).replaceAll("$1***");
        return Failures.oneLine(shown);
    }
}
