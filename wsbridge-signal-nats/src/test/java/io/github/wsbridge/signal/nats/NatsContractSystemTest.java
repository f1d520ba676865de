package io.github.wsbridge.signal.nats;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.Invitation;
import io.github.wsbridge.client.InvitationSource;
import io.github.wsbridge.client.InvitationSource.Answer;
import io.github.wsbridge.spi.Signaller;
import io.github.wsbridge.testkit.SignallerContract;
import io.nats.client.Connection;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;

/** The contract of signallers and their devices, over Debian's nats-server. */
@Tag("system")
final class NatsContractSystemTest extends SignallerContract {

    private static NatsServer server;
    private static Connection node;

    private NatsSignaller signaller;

    @BeforeAll
    static void startServer() throws Exception {
        server = new NatsServer();
        node = server.connect();
    }

    @AfterAll
    static void stopServer() throws Exception {
        if (node != null) {
            node.close();
        }
        if (server != null) {
            server.close();
        }
    }

    @Override
    protected Signaller newSignaller() {
        signaller = NatsSignaller.create(node);
        return signaller;
    }

    @Override
    protected int kept() {
        return signaller.kept();
    }

    @Override
    protected AutoCloseable startDevice(String deviceId, Device device) throws Exception {
        Connection connection = server.connect();
        NatsInvitations source = NatsInvitations.create(connection, deviceId);
        CompletableFuture<Void> listening = new CompletableFuture<>();
        source.start(new InvitationSource.Sink() {
            @Override
            public void listening() {
                listening.complete(null);
            }

            @Override
            public CompletionStage<Answer> offer(Invitation invitation) {
                return CompletableFuture.supplyAsync(
                        () -> {
                            Signaller.Result result = device.invited(
                                    new Heard(invitation.acceptUrl().toString(), invitation.requestData()));
                            if (result instanceof Signaller.Result.Rejected no) {
                                source.reject(invitation, no.rejection());
                                return new Answer.Rejected(no.rejection());
                            }
                            return new Answer.Accepted();
                        },
                        task -> new Thread(task, "device").start());
            }

            @Override
            public void ended(CloseReason reason) {}
        });
        listening.get(20, TimeUnit.SECONDS);
        return () -> {
            source.close();
            connection.close();
        };
    }
}
