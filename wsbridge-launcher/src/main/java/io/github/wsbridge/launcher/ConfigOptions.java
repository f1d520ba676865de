package io.github.wsbridge.launcher;

import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
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
    private static final String WEBHOOK = "webhook-url";
    private static final Pattern PATH = Pattern.compile("(://[^/?#]*)/.+");
    private static final Pattern QUERY = Pattern.compile("(://[^?]*\\?).*");

    @Option(
            names = "--config",
            paramLabel = "FILE",
            description = "A file with settings, with the names of the options: properties, such as"
                    + " listen=0.0.0.0:8080, or YAML if the name ends with .yaml or .yml. The environment and the"
                    + " command line take precedence")
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

    /** Returns whether somebody has set an option, on the command line, in the environment or in the file. */
    static boolean given(CommandSpec command, String name) {
        OptionSpec option = command.findOption(name);
        return option != null
                && (command.commandLine().getParseResult().hasMatchedOption(name)
                        || command.defaultValueProvider() instanceof EnvironmentDefaults defaults
                                && defaults.defaultValue(option) != null);
    }

    /** Returns the values of all settings, by name, wherever they come from; empty for one that has none. */
    static Map<String, String> values(CommandSpec command) {
        ParseResult parsed = command.commandLine().getParseResult();
        Map<String, String> values = new TreeMap<>();
        for (OptionSpec option : command.options()) {
            if (ConfigFile.isSetting(option)) {
                String given = command.defaultValueProvider() instanceof EnvironmentDefaults defaults
                        ? defaults.defaultValue(option)
                        : null;
                String value = parsed.hasMatchedOption(option.longestName())
                        ? String.join(",", option.originalStringValues())
                        : given == null ? option.defaultValue() : given;
                values.put(ConfigFile.name(option), value == null ? "" : value);
            }
        }
        return values;
    }

    private String line(OptionSpec option) {
        ParseResult parsed = command.commandLine().getParseResult();
        String name = ConfigFile.name(option);
        if (parsed.hasMatchedOption(option.longestName())) {
            return name + "=" + hidden(name, String.join(",", option.originalStringValues())) + " (command line)";
        }
        IDefaultValueProvider defaults = command.defaultValueProvider();
        EnvironmentDefaults given = defaults instanceof EnvironmentDefaults known ? known : null;
        String value = given == null ? null : given.defaultValue(option);
        if (given != null && value != null) {
            return name + "=" + hidden(name, value) + " (" + given.source(option) + ")";
        }
        return option.defaultValue() == null ? "# " + name + "=" : name + "=" + option.defaultValue() + " (default)";
    }

    /**
     * Hides what may be a password or a token in a URL, also in the path of one at which anybody may post that knows
     * it. Other secrets are in files, of which this tells the names.
     */
    private static String hidden(String name, String value) {
        String shown = QUERY.matcher(USER.matcher(value).replaceAll("://***@")).replaceAll("$1***");
        return Failures.oneLine(name.equals(WEBHOOK) ? PATH.matcher(shown).replaceAll("$1/***") : shown);
    }
}
