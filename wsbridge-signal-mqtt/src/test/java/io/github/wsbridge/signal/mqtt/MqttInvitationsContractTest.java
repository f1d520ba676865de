package io.github.wsbridge.signal.mqtt;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.Invitation;
import io.github.wsbridge.client.InvitationSource;
import io.github.wsbridge.client.InvitationSource.Answer;
import io.github.wsbridge.spi.Signaller;
import io.github.wsbridge.testkit.InvitationSourceContract;
import java.util.concurrent.CompletionStage;
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
    protected Source start(String deviceId, Device device) throws Exception {
        MqttInvitations source = MqttInvitations.create(broker(), deviceId);
        source.start(new InvitationSource.Sink() {
            @Override
            public void listening() {
                device.listening();
            }

            @Override
            public CompletionStage<Answer> offer(Invitation invitation) {
                return device.offer(invitation)
                        .thenApply(no -> no.<Answer>map(Answer.Rejected::new).orElseGet(Answer.Accepted::new));
            }

            @Override
            public void ended(CloseReason reason) {
                device.ended(reason);
            }
        });
        return new Source(source::reject, source::close);
    }
}
