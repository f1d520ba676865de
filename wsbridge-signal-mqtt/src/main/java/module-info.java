/** Invitations over an MQTT broker, for nodes and devices. */
module io.github.wsbridge.signal.mqtt {
    requires transitive io.github.wsbridge;
    requires io.github.wsbridge.wire;
    requires static org.jspecify;
    requires com.grack.nanojson;
    requires com.hivemq.client.mqtt;
    requires org.slf4j;

    exports io.github.wsbridge.signal.mqtt;
}
