package io.github.wsbridge.launcher;

import io.github.wsbridge.wire.files.Reloaded;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/**
 * The settings of a command that change while it runs, when its configuration file does: some of its own, and how much
 * is logged. The command line and the environment take precedence as before. Others need a restart, which the log says.
 */
final class LiveSettings<T> {

    private static final Logger log = LoggerFactory.getLogger(LiveSettings.class);

    private static final Set<String> LOGGING = Set.of("quiet", "verbose");

    private final Set<String> live;
    private final Reloads.Use<T> use;
    private Map<String, String> values;

    private LiveSettings(Set<String> live, Reloads.Use<T> use, Map<String, String> values) {
        this.live = live;
        this.use = use;
        this.values = values;
    }

    /**
     * What is set, wherever.
     *
     * @param values as text, by name
     * @param own what the command makes of its own settings
     */
    private record Settings<T>(Map<String, String> values, T own, LogOptions.Detail detail) {

        static <T> Settings<T> read(CommandContext here, List<String> args, Function<CommandSpec, T> reading) {
            try {
                CommandSpec command = Main.parsedAgain(here, args);
                return new Settings<>(
                        ConfigOptions.values(command),
                        reading.apply(command),
                        LogOptions.of(command.commandLine().getParseResult()));
            } catch (ParameterException e) {
                throw new IllegalArgumentException(e.getMessage(), e);
            }
        }

        @Override
        public String toString() {
            return "the settings";
        }
    }

    /**
     * Watches the configuration file, if there is one.
     *
     * @param live the names of the command's own settings that may change
     * @param reading makes of a command that was parsed again what {@code use} needs; throws a
     *     {@link ParameterException} if it cannot be used, and then nothing changes
     * @param use is called when one of the live settings has changed
     */
    static <T> void watch(
            CommandSpec command,
            CommandContext here,
            Set<String> live,
            Function<CommandSpec, T> reading,
            Reloads.Use<T> use,
            Reloads reloads)
            throws IOException, GeneralSecurityException {
        List<String> args = command.root().commandLine().getParseResult().originalArgs();
        String file = ConfigFile.named(args, here.env());
        if (file == null) {
            return;
        }
        LiveSettings<T> settings = new LiveSettings<>(live, use, ConfigOptions.values(command));
        Reloaded<Settings<T>> read = new Reloaded<>(
                "configuration " + file, List.of(Path.of(file)), () -> Settings.read(here, args, reading));
        reloads.add(read, settings::take);
    }

    /** Watches the configuration file of a command of which only the logging may change. */
    static void watchLogging(CommandSpec command, CommandContext here, Reloads reloads)
            throws IOException, GeneralSecurityException {
        watch(command, here, Set.of(), again -> again, again -> {}, reloads);
    }

    private void take(Settings<T> next) throws Exception {
        Set<String> later = new TreeSet<>(next.values().keySet());
        later.removeIf(name -> Objects.equals(next.values().get(name), values.get(name)));
        values = next.values();
        Set<String> now = new TreeSet<>(later);
        now.removeIf(name -> !live.contains(name) && !LOGGING.contains(name));
        later.removeAll(now);
        if (!later.isEmpty()) {
            log.warn("these settings have changed, too, but need a restart: {}", String.join(", ", later));
        }
        if (now.isEmpty()) {
            return;
        }
        if (!LOGGING.containsAll(now)) {
            use.take(next.own());
        }
        Logs.level(next.detail());
        log.info("these settings have changed: {}", String.join(", ", now));
    }
}
