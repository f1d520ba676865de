package io.github.wsbridge.signal.mqtt;

import org.junit.jupiter.api.AfterEach;

/** With MQTT 5, which supports all features of signallers. */
class Mqtt5ContractTest extends MqttContract {

    @Override
    MqttBroker broker() throws Exception {
        return EmbeddedBroker.shared().client().build();
    }

    @Override
    protected boolean throttle() throws Exception {
        EmbeddedBroker.shared().overQuota = true;
        return true;
    }

    @AfterEach
    void letBrokerTakeMessages() throws Exception {
        EmbeddedBroker.shared().overQuota = false;
    }
}
