package io.github.wsbridge.launcher;

import io.github.wsbridge.client.BridgeDevice;
import io.github.wsbridge.client.Consent;
import java.time.Duration;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options by which a device asks before it accepts. */
@SuppressWarnings("NullAway.Init")
final class AskOptions {

    @Option(
            names = "--ask",
            fallbackValue = "true",
            description = "Ask at this terminal before each bridge: who requests it, to which target, and why")
    boolean ask;

    @Option(
            names = "--ask-command",
            paramLabel = "FILE",
            description = "Run this program before each bridge; only exit code 0 permits it. It gets no arguments, and"
                    + " the variables WSBRIDGE_ASK_DEVICE, _PRINCIPAL, _TARGET, _REASON, _BRIDGE and _SECONDS")
    @Nullable
    String command;

    @Option(
            names = "--ask-timeout",
            paramLabel = "TIME",
            defaultValue = "25s",
            description = "With --ask or --ask-command: reject if there is no answer within this time. Nodes wait 30s"
                    + " unless configured otherwise (default ${DEFAULT-VALUE})")
    Duration timeout;

    @Option(
            names = "--ask-remember",
            paramLabel = "TIME",
            defaultValue = "0s",
            description = "With --ask or --ask-command: for how long a yes also counts for further bridges of the same"
                    + " requester to the same target, if the node says who that is (default ${DEFAULT-VALUE})")
    Duration remember;

    /** @throws IllegalArgumentException if the options contradict each other */
    void check() {
        if (ask && command != null) {
            throw new IllegalArgumentException("specify either --ask or --ask-command");
        }
    }

    /**
     * Returns a handler that asks before {@code targets} gets a bridge, or {@code targets} if nobody is to be asked.
     *
     * @param executor runs {@code targets}; null for a thread for each bridge
     */
    BridgeDevice.Handler before(BridgeDevice.Handler targets, @Nullable Executor executor, CommandContext here) {
        if (!ask && command == null) {
            return targets;
        }
        Consent.Asker asker = command == null ? new TerminalAsker(here.in(), here.err()) : new CommandAsker(command);
        Consent.Builder builder =
                Consent.builder(asker, targets).timeLimit(timeout).remember(remember);
        if (executor != null) {
            builder.executor(executor);
        }
        return builder.build();
    }
}
