package io.github.wsbridge.examples.signaller;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.Invitation;
import io.github.wsbridge.client.InvitationSource;
import io.github.wsbridge.client.InvitationSource.Answer;
import io.github.wsbridge.spi.Signaller;
import io.github.wsbridge.testkit.InvitationSourceContract;
import java.nio.file.Path;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.io.TempDir;

class FolderSourceTest extends InvitationSourceContract {

    @TempDir
    Path folder;

    @Override
    protected Signaller newSignaller() {
        return new FolderSignaller(folder, 1000);
    }

    @Override
    protected Source start(String deviceId, Device device) {
        FolderSource source = new FolderSource(folder, deviceId);
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
