package io.github.wsbridge.signal.iothub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.microsoft.azure.sdk.iot.device.MessageCallback;
import io.github.wsbridge.Invitation;
import io.github.wsbridge.spi.InvitationSource.Answer;
import io.github.wsbridge.spi.Signaller.Result;
import io.github.wsbridge.testkit.FakeClock;
import io.github.wsbridge.testkit.FakeScheduler;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.qpid.proton.amqp.Symbol;
import org.apache.qpid.proton.amqp.messaging.Data;
import org.apache.qpid.proton.amqp.messaging.Rejected;
import org.apache.qpid.proton.amqp.transport.ErrorCondition;
import org.apache.qpid.proton.message.Message;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Tests cloud-to-device messages with the real SDK, over AMQP and TLS to a fake hub. */
class CloudToDeviceTest {

    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final FakeScheduler scheduler = new FakeScheduler(new FakeClock(Instant.now()));
    private FakeAmqpHub hub;
    private final List<IotHubSignaller> signallers = new ArrayList<>();

    @BeforeEach
    void start() throws Exception {
        hub = new FakeAmqpHub();
    }

    @AfterEach
    void stop() throws Exception {
        signallers.forEach(IotHubSignaller::close);
        hub.close();
    }

    private IotHubSignaller open(IotHubSignaller.Builder builder) {
        IotHubSignaller signaller = builder.build();
        signallers.add(signaller);
        return signaller;
    }

    private static IotHubSignaller.Builder builder(String connectionString) throws Exception {
        return IotHubSignaller.builder(connectionString).cloudToDevice().sslContext(HubKeys.clientContext());
    }

    /** Creates a signaller whose deadlines expire only when the test advances the clock. */
    private IotHubSignaller open() throws Exception {
        return open(builder(hub.connectionString()).scheduler(scheduler).clock(scheduler.clock()));
    }

    private static Result get(CompletableFuture<Result> result) throws Exception {
        return result.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    }

    private static Throwable failure(CompletableFuture<Result> result) throws Exception {
        try {
            throw new AssertionError("no failure but " + get(result));
        } catch (ExecutionException e) {
            return e.getCause();
        }
    }

    private static CompletableFuture<Result> signal(IotHubSignaller signaller, String deviceId) {
        return signaller.signal(Samples.invitation(deviceId)).toCompletableFuture();
    }

    static Rejected rejected(String condition) {
        ErrorCondition error = new ErrorCondition(Symbol.valueOf(condition), "words");
        Rejected rejected = new Rejected();
        rejected.setError(error);
        return rejected;
    }

    @Test
    void signal_message_hasAddressExpiryAndInvitation() throws Exception {
        Invitation invitation = Samples.invitation("dev#1");
        IotHubSignaller signaller = open();
        assertThat(get(signaller.signal(invitation).toCompletableFuture())).isEqualTo(new Result.Delivered());
        Message message = hub.messages.get(0);
        assertThat(message.getProperties().getTo()).isEqualTo("/devices/dev%231/messages/devicebound");
        assertThat(message.getProperties().getAbsoluteExpiryTime()).isEqualTo(Date.from(invitation.expiresAt()));
        assertThat(message.getProperties().getMessageId())
                .isEqualTo(invitation.bridgeId().toString());
        assertThat(message.getApplicationProperties().getValue().get("wsbridge"))
                .isEqualTo("invitation");
        assertThat(signaller.kept()).isZero();
    }

    @Test
    void signal_message_reachesTheDevice() throws Exception {
        Map<String, MessageCallback> devices = new ConcurrentHashMap<>();
        IotHubInvitations source = IotHubInvitations.builder(
                        HubDevices.client("device", ConcurrentHashMap.newKeySet(), new ConcurrentHashMap<>(), devices))
                .build();
        HearingSink sink = new HearingSink(invitation -> CompletableFuture.completedFuture(new Answer.Accepted()));
        source.start(sink);
        sink.awaitListening();
        Invitation invitation = Samples.invitation("device");
        get(open().signal(invitation).toCompletableFuture());
        Message sent = hub.messages.get(0);
        byte[] body = ((Data) sent.getBody()).getValue().getArray();
        com.microsoft.azure.sdk.iot.device.Message received = new com.microsoft.azure.sdk.iot.device.Message(body);
        received.setProperty(
                "wsbridge", (String) sent.getApplicationProperties().getValue().get("wsbridge"));
        devices.get("device").onCloudToDeviceMessageReceived(received, null);
        assertThat(sink.heard).containsExactly(invitation);
        source.close();
    }

    @Test
    void signal_manyMessages_shareOneConnection() throws Exception {
        IotHubSignaller signaller = open();
        List<CompletableFuture<Result>> results = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            results.add(signal(signaller, "device-" + i));
        }
        for (CompletableFuture<Result> result : results) {
            assertThat(get(result)).isEqualTo(new Result.Delivered());
        }
        assertThat(hub.messages).hasSize(200);
        assertThat(hub.connections).hasSize(1);
    }

    @Test
    void signal_rejections_haveTheirMeanings() throws Exception {
        IotHubSignaller signaller = open();
        hub.behaviour = (deviceId, message) -> rejected("amqp:not-found");
        assertThat(get(signal(signaller, "device"))).isInstanceOf(Result.Unreachable.class);
        hub.behaviour = (deviceId, message) -> rejected("amqp:resource-limit-exceeded");
        assertThat(get(signal(signaller, "device")))
                .isEqualTo(new Result.Throttled("too many messages are queued for the device"));
        hub.behaviour = (deviceId, message) -> rejected("amqp:internal-error");
        assertThat(failure(signal(signaller, "device"))).hasMessageContaining("IotHubInternalServerErrorException");
        assertThat(signaller.kept()).isZero();
    }

    /** Errors for which the SDK has no exceptions. */
    @Test
    void signal_throttlingOfTheHub_isThrottled() throws Exception {
        IotHubSignaller signaller = open();
        for (String condition : List.of("com.microsoft:device-container-throttled", "com.microsoft:quota-exceeded")) {
            hub.behaviour = (deviceId, message) -> rejected(condition);
            assertThat(get(signal(signaller, "device")))
                    .isEqualTo(new Result.Throttled("the IoT hub is over its limit"));
        }
        hub.behaviour = (deviceId, message) -> rejected("com.microsoft:other");
        assertThat(failure(signal(signaller, "device"))).hasMessageContaining("IotHubException");
    }

    @Test
    void signal_noAcknowledgement_isForgotten() throws Exception {
        IotHubSignaller signaller = open(builder(hub.connectionString())
                .maxWaiting(1)
                .scheduler(scheduler)
                .clock(scheduler.clock()));
        get(signal(signaller, "device")); // opens the connection
        assertThat(signaller.kept()).isZero();
        hub.behaviour = (deviceId, message) -> null;
        CompletableFuture<Result> silent = signaller
                .signal(Samples.invitation("device", scheduler.clock().instant(), Duration.ofSeconds(1)))
                .toCompletableFuture();
        await().atMost(PATIENCE).until(() -> hub.messages.size() == 2);
        assertThat(get(signal(signaller, "device"))).as("no room").isInstanceOf(Result.Throttled.class);
        scheduler.advance(Duration.ofMillis(999));
        assertThat(signaller.kept()).isEqualTo(1);
        scheduler.advance(Duration.ofMillis(1));
        assertThat(signaller.kept()).isZero();
        assertThat(silent).isNotDone();
    }

    /** A trusted certificate of another host, which the SDK alone would accept. */
    @Test
    void signal_certificateOfAnotherHost_fails() throws Exception {
        try (FakeAmqpHub other = new FakeAmqpHub("127.0.0.2")) { // which is not in the certificate
            assertThat(failure(signal(open(builder(other.connectionString())), "device")))
                    .hasMessageStartingWith("the IoT hub");
            assertThat(other.connections).isEmpty();
        }
    }

    @Test
    void signal_connectionLost_isOpenedAgain() throws Exception {
        IotHubSignaller signaller = open(builder(hub.connectionString()).acknowledgeTimeout(Duration.ofSeconds(2)));
        get(signal(signaller, "device"));
        hub.dropAll();
        // A message sent into the lost connection is lost; later ones use a new connection.
        await().atMost(PATIENCE)
                .ignoreExceptions()
                .until(() -> signaller
                                .signal(Samples.invitation("device"))
                                .toCompletableFuture()
                                .get(3, TimeUnit.SECONDS)
                        instanceof Result.Delivered);
        assertThat(hub.connections).hasSizeGreaterThanOrEqualTo(2);
    }

    @Test
    void signal_wrongKeyOrTrust_fails() throws Exception {
        IotHubSignaller wrong = open(builder(hub.connectionString().replace(FakeHub.KEY, "d3Jvbmc=")));
        assertThat(failure(signal(wrong, "device"))).hasMessageStartingWith("the IoT hub");
        assertThat(wrong.kept()).isZero();
        IotHubSignaller untrusting =
                open(IotHubSignaller.builder(hub.connectionString()).cloudToDevice());
        assertThat(failure(signal(untrusting, "device"))).hasMessageStartingWith("the IoT hub");
        assertThat(hub.messages).isEmpty();
    }

    @Test
    void close_fails() throws Exception {
        IotHubSignaller signaller = open();
        get(signal(signaller, "device"));
        signaller.close();
        assertThat(failure(signal(signaller, "device"))).hasMessage("the signaller is closed");
        assertThat(signaller.kept()).isZero();
    }
}
