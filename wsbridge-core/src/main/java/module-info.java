/** The bridge node, independent of any transport. */
module io.github.wsbridge.core {
    requires transitive io.github.wsbridge;
    requires io.github.wsbridge.wire;
    requires static org.jspecify;
    requires java.naming;
    requires org.slf4j;
    requires com.google.crypto.tink;
    requires com.grack.nanojson;
    requires io.github.bucket4j.core;

    exports io.github.wsbridge.core;
    exports io.github.wsbridge.core.access;
    exports io.github.wsbridge.core.cluster;
    exports io.github.wsbridge.core.limits;
    exports io.github.wsbridge.core.tokens;
}
