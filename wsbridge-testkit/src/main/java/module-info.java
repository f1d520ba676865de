/** Contract suites for all plug-ins of the bridge, and fakes of its types. */
module io.github.wsbridge.testkit {
    requires transitive io.github.wsbridge;
    requires transitive org.junit.jupiter.api;
    requires org.junit.jupiter.params;
    requires java.logging;
    requires java.net.http;
    requires static org.jspecify;
    requires awaitility;
    requires org.assertj.core;

    exports io.github.wsbridge.testkit;
    exports io.github.wsbridge.testkit.transport;

    opens io.github.wsbridge.testkit to
            org.junit.platform.commons;
    opens io.github.wsbridge.testkit.transport to
            org.junit.platform.commons;
}
