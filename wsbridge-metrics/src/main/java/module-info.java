/** The metrics of a node, for any registry of Micrometer. */
module io.github.wsbridge.metrics {
    requires transitive io.github.wsbridge;
    requires transitive io.github.wsbridge.core;
    requires static org.jspecify;
    requires transitive micrometer.core;

    exports io.github.wsbridge.metrics;
}
