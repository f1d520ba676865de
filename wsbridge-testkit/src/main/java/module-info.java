/** Contract suites for everything that can be plugged into the bridge, and fakes of its own types. */
module io.github.wsbridge.testkit {
    requires transitive io.github.wsbridge;
    requires transitive org.junit.jupiter.api;
    requires static org.jspecify;
    requires awaitility;
    requires org.assertj.core;

    exports io.github.wsbridge.testkit;

    opens io.github.wsbridge.testkit to
            org.junit.platform.commons;
}
