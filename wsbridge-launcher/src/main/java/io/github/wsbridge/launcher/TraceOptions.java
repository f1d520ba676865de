package io.github.wsbridge.launcher;

import io.github.wsbridge.spi.SetupTracer;
import java.net.URI;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Spec.Target;

/** Options for traces of how bridges are set up. Loads the classes for them only if they are wanted. */
@SuppressWarnings("NullAway.Init")
final class TraceOptions {

    @Option(
            names = "--traces",
            paramLabel = "URL",
            description = "Send traces of how bridges are set up to this collector, by OTLP over HTTP, such as"
                    + " http://127.0.0.1:4318; without a path, to /v1/traces there (default: none)")
    @Nullable
    URI to;

    @Option(
            names = "--traces-percent",
            paramLabel = "PERCENT",
            defaultValue = "100",
            description = "How many of the traces that begin here are recorded; others go on as they began (default"
                    + " ${DEFAULT-VALUE})")
    double percent;

    @Spec(Target.MIXEE)
    private CommandSpec command;

    /** Throws a {@link ParameterException} if a value is out of range. */
    void check() {
        if (to != null
                && (to.getHost() == null
                        || to.getUserInfo() != null
                        || !"http".equalsIgnoreCase(to.getScheme()) && !"https".equalsIgnoreCase(to.getScheme()))) {
            throw new ParameterException(
                    command.commandLine(), "--traces must be the URL of a collector: http://HOST:PORT or https://HOST");
        }
        if (!(percent >= 0 && percent <= 100)) {
            throw new ParameterException(command.commandLine(), "--traces-percent must be from 0 to 100");
        }
    }

    /** What records traces, and sends them until it is closed. */
    interface Traces extends AutoCloseable {

        SetupTracer tracer();

        /** Sends what has not been sent, for at most two seconds. */
        @Override
        default void close() {}
    }

    /** @param trustsClients whether a node continues the traces of requesters and devices */
    Traces open(boolean trustsClients) {
        URI collector = to;
        return collector == null
                ? () -> SetupTracer.NONE
                : OtlpTraces.to(collector, percent / 100, "wsbridge-" + command.name(), trustsClients);
    }
}
