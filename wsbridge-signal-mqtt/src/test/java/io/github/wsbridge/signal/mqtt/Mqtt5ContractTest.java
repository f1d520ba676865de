package io.github.wsbridge.signal.mqtt;

/** All that signallers may do. */
class Mqtt5ContractTest extends MqttContract {

    @Override
    MqttBroker broker() throws Exception {
        return EmbeddedBroker.shared().client().build();
    }
}
