/** Azure IoT Hub as a secondary channel: the node's signaller and the device's source of invitations. */
module io.github.wsbridge.signal.iothub {
    requires transitive io.github.wsbridge;
    requires io.github.wsbridge.wire;
    requires transitive com.azure.core;
    requires transitive com.microsoft.iot.device.client;
    requires com.microsoft.iot.service.client;
    requires static org.jspecify;
    requires org.slf4j;
    requires com.grack.nanojson;

    exports io.github.wsbridge.signal.iothub;
}
