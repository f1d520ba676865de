package io.github.wsbridge.launcher;

import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.IDefaultValueProvider;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * Reads option values from the environment, where {@code --accept-timeout} is {@code WSBRIDGE_ACCEPT_TIMEOUT}, and
 * otherwise from the configuration file.
 */
final class EnvironmentDefaults implements IDefaultValueProvider {

    private final Map<String, String> env;
    private final Map<String, String> file;

    /** @param file the settings of the configuration file */
    EnvironmentDefaults(Map<String, String> env, Map<String, String> file) {
        this.env = env;
        this.file = file;
    }

    /** Returns null, which selects the option's own default, if the value is missing or empty in both. */
    @Override
    public @Nullable String defaultValue(ArgSpec arg) {
        if (arg instanceof OptionSpec option && !option.usageHelp() && !option.versionHelp()) {
            String value = environment(option);
            if (value == null && ConfigFile.isSetting(option)) {
                value = file.get(ConfigFile.name(option));
            }
            return value == null || value.isBlank() ? null : value;
        }
        return null;
    }

    private @Nullable String environment(OptionSpec option) {
        String value = env.get(variable(option.longestName()));
        return value == null || value.isBlank() ? null : value.strip();
    }

    /** Returns where the value of an option comes from, for people. */
    String source(OptionSpec option) {
        return environment(option) != null ? variable(option.longestName()) : "file";
    }

    static String variable(String option) {
        return "WSBRIDGE_" + option.replaceFirst("^-+", "").replace('-', '_').toUpperCase(Locale.ROOT);
    }
}
