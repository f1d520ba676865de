/** Invitations over NATS, for nodes and devices. */
module io.github.wsbridge.signal.nats {
    requires transitive io.github.wsbridge;
    requires transitive io.nats.jnats;
    requires io.github.wsbridge.wire;
    requires static org.jspecify;
    requires com.grack.nanojson;
    requires org.slf4j;

    exports io.github.wsbridge.signal.nats;
}
