package io.github.wsbridge.launcher;

import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.IDefaultValueProvider;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;

/** Reads option values from the environment: {@code --accept-timeout} is {@code WSBRIDGE_ACCEPT_TIMEOUT}. */
final class EnvironmentDefaults implements IDefaultValueProvider {

    private final Map<String, String> env;

    EnvironmentDefaults(Map<String, String> env) {
        this.env = env;
    }

    /** Returns null, which selects the option's own default, if the variable is missing or empty. */
    @Override
    public @Nullable String defaultValue(ArgSpec arg) {
        if (arg instanceof OptionSpec option && !option.usageHelp() && !option.versionHelp()) {
            String value = env.get(variable(option.longestName()));
            return value == null || value.isBlank() ? null : value.strip();
        }
        return null;
    }

    static String variable(String option) {
        return "WSBRIDGE_" + option.replaceFirst("^-+", "").replace('-', '_').toUpperCase(Locale.ROOT);
    }
}
