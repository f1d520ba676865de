/** The client library, for both ends of a bridge: requester, device and TCP tunnel. */
module io.github.wsbridge.client {
    requires transitive io.github.wsbridge;
    requires io.github.wsbridge.wire;
    requires transitive java.net.http;
    requires static org.jspecify;
    requires org.slf4j;
    requires com.grack.nanojson;

    exports io.github.wsbridge.client;
    exports io.github.wsbridge.client.tls;
}
