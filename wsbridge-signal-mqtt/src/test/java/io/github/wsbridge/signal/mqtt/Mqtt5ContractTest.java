package io.github.wsbridge.signal.mqtt;

import org.junit.jupiter.api.AfterEach;

/** All that signallers may do. */
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
