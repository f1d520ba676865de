package io.github.wsbridge.signal.redis;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.Invitation;
import io.github.wsbridge.client.InvitationSource;
import io.github.wsbridge.client.InvitationSource.Answer;
import io.github.wsbridge.spi.Signaller;
import io.github.wsbridge.testkit.SignallerContract;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;

/** The contract of signallers and their devices, over Debian's redis-server. */
@Tag("system")
final class RedisContractSystemTest extends SignallerContract {

    @TempDir
    private static Path folder;

    private static RedisServer server;
    private static StatefulRedisConnection<String, String> node;

    private RedisSignaller signaller;

    @BeforeAll
    static void startServer() throws Exception {
        server = new RedisServer(folder);
        node = server.client().connect();
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
        signaller = RedisSignaller.create(node.async());
        return signaller;
    }

    @Override
    protected boolean carriesRejections() {
        return false;
    }

    @Override
    protected int kept() {
        return signaller.kept();
    }

    @Override
    protected AutoCloseable startDevice(String deviceId, Device device) throws Exception {
        StatefulRedisPubSubConnection<String, String> connection =
                server.client().connectPubSub();
        RedisInvitations source = RedisInvitations.create(connection, deviceId);
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
                            device.invited(new Heard(invitation.acceptUrl().toString(), invitation.requestData()));
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
