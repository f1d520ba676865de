package io.github.wsbridge.signal.mqtt;

import io.github.wsbridge.spi.InvitationSource;
import io.github.wsbridge.spi.Signaller;
import io.github.wsbridge.testkit.InvitationSourceContract;
import java.util.concurrent.TimeUnit;

final class MqttInvitationsContractTest extends InvitationSourceContract {

    private static MqttBroker broker() throws Exception {
        return EmbeddedBroker.shared().client().build();
    }

    @Override
    protected Signaller newSignaller() throws Exception {
        MqttSignaller signaller = MqttSignaller.create(broker());
        signaller.connected().toCompletableFuture().get(20, TimeUnit.SECONDS);
        return signaller;
    }

    @Override
    protected InvitationSource newSource(String deviceId) throws Exception {
        return MqttInvitations.create(broker(), deviceId);
    }
}
