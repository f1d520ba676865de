/** Traces of how bridges are set up, for OpenTelemetry. */
module io.github.wsbridge.tracing {
    requires transitive io.github.wsbridge;
    requires static org.jspecify;
    requires transitive io.opentelemetry.api;
    requires io.opentelemetry.context;

    exports io.github.wsbridge.tracing;
}
