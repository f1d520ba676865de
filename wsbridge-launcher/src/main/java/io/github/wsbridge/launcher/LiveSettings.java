package io.github.wsbridge.launcher;

import io.github.wsbridge.core.BridgeNode;
import io.github.wsbridge.core.limits.Limits;
import io.github.wsbridge.netty.NettyBridgeServer;
import io.github.wsbridge.spi.BridgeServer;
import io.github.wsbridge.wire.files.Reloaded;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/**
 * The settings of a node that change while it runs, when its configuration file does: limits, and how much is logged.
 * The command line and the environment take precedence as before. Others need a restart, which the log says.
 */
final class LiveSettings {

    private static final Logger log = LoggerFactory.getLogger(LiveSettings.class);

    private static final Set<String> LIVE = Set.of(
            "max-bridges",
            "max-listeners",
            "max-pending",
            "max-rate",
            "max-address-rate",
            "max-failures",
            "principal-share",
            "address-share",
            "max-bandwidth",
            "max-principal-bandwidth",
            "quiet",
            "verbose");

    private final BridgeNode node;
    private final List<BridgeServer> servers;
    private Map<String, String> values;

    private LiveSettings(BridgeNode node, List<BridgeServer> servers, Map<String, String> values) {
        this.node = node;
        this.servers = servers;
        this.values = values;
    }

    /**
     * What is set, wherever.
     *
     * @param values as text, by name
     */
    private record Settings(Map<String, String> values, Limits limits, int maxConnections, LogOptions.Detail detail) {

        static Settings read(CommandContext here, List<String> args) {
            try {
                CommandSpec command = Main.parsedAgain(here, args);
                NodeCommand node = (NodeCommand) command.userObject();
                return new Settings(
                        ConfigOptions.values(command),
                        node.limits(),
                        node.limitOptions.maxConnections(),
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

    /** Watches the configuration file, if there is one. */
    static void watch(
            CommandSpec command, CommandContext here, BridgeNode node, List<BridgeServer> servers, Reloads reloads)
            throws IOException, GeneralSecurityException {
        List<String> args = command.root().commandLine().getParseResult().originalArgs();
        String file = ConfigFile.named(args, here.env());
        if (file == null) {
            return;
        }
        LiveSettings live = new LiveSettings(node, servers, ConfigOptions.values(command));
        Reloaded<Settings> settings =
                new Reloaded<>("configuration " + file, List.of(Path.of(file)), () -> Settings.read(here, args));
        reloads.add(settings, live::take);
    }

    private void take(Settings next) {
        Set<String> changed = new TreeSet<>(next.values().keySet());
        changed.removeIf(name -> Objects.equals(next.values().get(name), values.get(name)));
        values = next.values();
        Set<String> later = new TreeSet<>(changed);
        later.removeAll(LIVE);
        changed.retainAll(LIVE);
        if (!later.isEmpty()) {
            log.warn("these settings have changed, too, but need a restart: {}", String.join(", ", later));
        }
        if (changed.isEmpty()) {
            return;
        }
        node.changeLimits(next.limits());
        for (BridgeServer server : servers) {
            if (server instanceof NettyBridgeServer netty) {
                netty.maxConnections(next.maxConnections());
            } else {
                log.warn("this transport keeps its maximum number of connections until a restart");
            }
        }
        Logs.level(next.detail());
        log.info("these settings have changed: {}", String.join(", ", changed));
    }
}
