/** Invitations over the publish and subscribe of Redis, for nodes and devices. */
module io.github.wsbridge.signal.redis {
    requires transitive io.github.wsbridge;
    requires transitive lettuce.core;
    requires io.github.wsbridge.wire;
    requires static org.jspecify;
    requires com.grack.nanojson;
    requires org.slf4j;

    exports io.github.wsbridge.signal.redis;
}
