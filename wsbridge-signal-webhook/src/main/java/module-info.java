/** Invitations by webhook: the node's signaller, and the receiver for backends and devices. */
module io.github.wsbridge.signal.webhook {
    requires transitive io.github.wsbridge;
    requires io.github.wsbridge.wire;
    requires static org.jspecify;
    requires org.slf4j;
    requires com.grack.nanojson;
    requires java.net.http;

    exports io.github.wsbridge.signal.webhook;
}
