package io.github.wsbridge.launcher;

import java.io.IOException;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;

/**
 * The settings in the file of {@code --config}, with the names of options without the dashes before them: YAML if the
 * file's name ends with {@code .yaml} or {@code .yml}, and otherwise properties, as {@link Properties#load(Reader)}
 * reads them.
 */
final class ConfigFile {

    private static final String OPTION = "--config";

    private ConfigFile() {}

    /**
     * Reads the file that the command line or the environment names. Returns nothing if there is none.
     *
     * @param command the command whose options the file sets
     * @throws ParameterException if the file cannot be read, or has other settings than the command has options
     */
    static Map<String, String> read(CommandLine command, List<String> args, Map<String, String> env) {
        String file = named(args, env);
        if (file == null || command.getCommandSpec().findOption(OPTION) == null) {
            return Map.of();
        }
        CommandSpec options = command.getCommandSpec();
        Map<String, String> settings;
        try (Reader reader = Files.newBufferedReader(Path.of(file), StandardCharsets.UTF_8)) {
            settings =
                    isYaml(file) ? YamlSettings.read(reader, name -> takesSeveral(options, name)) : properties(reader);
        } catch (IOException e) {
            throw new ParameterException(command, OPTION + ": cannot read " + file + ": " + Failures.describe(e));
        } catch (IllegalArgumentException e) { // also for a malformed escape
            throw new ParameterException(command, file + ": " + e.getMessage());
        }
        List<String> names = names(options);
        settings.keySet().forEach(name -> {
            if (!names.contains(name)) {
                throw new ParameterException(
                        command, file + ": there is no setting '" + name + "'" + hint(name, names));
            }
        });
        return settings;
    }

    private static boolean isYaml(String file) {
        String name = file.toLowerCase(Locale.ROOT);
        return name.endsWith(".yaml") || name.endsWith(".yml");
    }

    private static boolean takesSeveral(CommandSpec command, String name) {
        OptionSpec option = command.findOption("--" + name);
        return option == null || !option.splitRegex().isEmpty(); // an unknown name is reported as that
    }

    private static Map<String, String> properties(Reader reader) throws IOException {
        Map<String, String> settings = new TreeMap<>();
        new Unique(settings).load(reader);
        return settings;
    }

    /** Returns the path of the file that the command line or the environment names; null if there is none. */
    static @Nullable String named(List<String> args, Map<String, String> env) {
        String named = env.get(EnvironmentDefaults.variable(OPTION));
        for (int i = 0; i < args.size(); i++) {
            if (args.get(i).equals("--")) {
                break;
            } else if (args.get(i).equals(OPTION) && i + 1 < args.size()) {
                named = args.get(i + 1);
            } else if (args.get(i).startsWith(OPTION + "=")) {
                named = args.get(i).substring(OPTION.length() + 1);
            }
        }
        return named == null || named.isBlank() ? null : named.strip();
    }

    /** Returns the names of the settings that a file may contain. */
    static List<String> names(CommandSpec command) {
        List<String> names = new ArrayList<>();
        for (OptionSpec option : command.options()) {
            if (isSetting(option)) {
                names.add(name(option));
            }
        }
        return names;
    }

    /** Returns whether an option is a setting, and not an order for one run. */
    static boolean isSetting(OptionSpec option) {
        return !option.usageHelp()
                && !option.versionHelp()
                && !option.longestName().equals(OPTION)
                && !option.longestName().equals(ConfigOptions.CHECK);
    }

    static String name(OptionSpec option) {
        return option.longestName().replaceFirst("^-+", "");
    }

    private static String hint(String name, List<String> names) {
        Optional<String> nearest = names.stream().min(Comparator.comparingInt(other -> distance(name, other)));
        return nearest.filter(other -> distance(name, other) <= Math.max(2, name.length() / 3))
                .map(other -> "; did you mean '" + other + "'?")
                .orElse("");
    }

    /** Returns how many letters must be changed, added or omitted to make one word of another (Levenshtein). */
    private static int distance(String from, String to) {
        int[] row = new int[to.length() + 1];
        for (int j = 0; j < row.length; j++) {
            row[j] = j;
        }
        for (int i = 1; i <= from.length(); i++) {
            int before = row[0];
            row[0] = i;
            for (int j = 1; j < row.length; j++) {
                int changed = before + (from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1);
                before = row[j];
                row[j] = Math.min(changed, 1 + Math.min(row[j], row[j - 1]));
            }
        }
        return row[to.length()];
    }

    /** Takes each setting once. */
    @SuppressWarnings("serial")
    private static final class Unique extends Properties {
        private final transient Map<String, String> settings;

        Unique(Map<String, String> settings) {
            this.settings = settings;
        }

        @Override
        public synchronized @Nullable Object put(Object name, Object value) {
            if (settings.put(name.toString(), value.toString().strip()) != null) {
                throw new IllegalArgumentException("'" + name + "' is set twice");
            }
            return null;
        }
    }
}
