package io.github.wsbridge.signal.mqtt;

/** With MQTT 3.1.1 a node learns neither who listens nor what they answer. */
class Mqtt3ContractTest extends MqttContract {

    @Override
    MqttBroker broker() throws Exception {
        return EmbeddedBroker.shared().client().mqtt3(true).build();
    }

    @Override
    protected boolean knowsUnreachable() {
        return false;
    }

    @Override
    protected boolean carriesRejections() {
        return false;
    }
}
