package io.github.wsbridge.signal.mqtt;

import io.github.wsbridge.spi.InvitationSource.Answer;
import io.github.wsbridge.spi.Signaller;
import io.github.wsbridge.testkit.SignallerContract;
import java.util.concurrent.TimeUnit;

/** The contract of signallers, for one version of MQTT. */
abstract class MqttContract extends SignallerContract {

    private MqttSignaller signaller;

    abstract MqttBroker broker() throws Exception;

    @Override
    protected Signaller newSignaller() throws Exception {
        signaller = MqttSignaller.create(broker());
        signaller.connected().toCompletableFuture().get(20, TimeUnit.SECONDS);
        return signaller;
    }

    @Override
    protected AutoCloseable startDevice(String deviceId, Device device) throws Exception {
        return HeardInvitations.listen(broker(), deviceId, invitation -> {
            Signaller.Result result =
                    device.invited(new Heard(invitation.acceptUrl().toString(), invitation.requestData()));
            return result instanceof Signaller.Result.Rejected no
                    ? new Answer.Rejected(no.rejection())
                    : new Answer.Accepted();
        });
    }

    @Override
    protected int kept() {
        return signaller.kept();
    }
}
