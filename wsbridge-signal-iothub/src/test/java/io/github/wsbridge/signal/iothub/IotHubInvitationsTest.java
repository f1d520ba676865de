package io.github.wsbridge.signal.iothub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyBoolean;
import static org.mockito.ArgumentMatchers.anyInt;
import static org.mockito.Mockito.doAnswer;
import static org.mockito.Mockito.doThrow;
import static org.mockito.Mockito.inOrder;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.timeout;
import static org.mockito.Mockito.times;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import com.grack.nanojson.JsonWriter;
import com.microsoft.azure.sdk.iot.device.DeviceClient;
import com.microsoft.azure.sdk.iot.device.IotHubClientProtocol;
import com.microsoft.azure.sdk.iot.device.IotHubConnectionStatusChangeCallback;
import com.microsoft.azure.sdk.iot.device.IotHubConnectionStatusChangeReason;
import com.microsoft.azure.sdk.iot.device.IotHubMessageResult;
import com.microsoft.azure.sdk.iot.device.IotHubStatusCode;
import com.microsoft.azure.sdk.iot.device.Message;
import com.microsoft.azure.sdk.iot.device.MessageCallback;
import com.microsoft.azure.sdk.iot.device.exceptions.IotHubClientException;
import com.microsoft.azure.sdk.iot.device.twin.DirectMethodPayload;
import com.microsoft.azure.sdk.iot.device.twin.DirectMethodResponse;
import com.microsoft.azure.sdk.iot.device.twin.MethodCallback;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.Invitation;
import io.github.wsbridge.Rejection;
import io.github.wsbridge.spi.InvitationSource;
import io.github.wsbridge.spi.InvitationSource.Answer;
import io.github.wsbridge.wire.message.InvitationJson;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.mockito.ArgumentCaptor;
import org.mockito.InOrder;

/** Tests the device's part. The SDK's client is a fake, since there is no hub that it could connect to. */
class IotHubInvitationsTest {

    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final Map<String, MethodCallback> methods = new ConcurrentHashMap<>();
    private final Map<String, MessageCallback> messages = new ConcurrentHashMap<>();
    private final DeviceClient client = HubDevices.client("device", ConcurrentHashMap.newKeySet(), methods, messages);
    private volatile CompletableFuture<Answer> answer = CompletableFuture.completedFuture(new Answer.Accepted());
    private final HearingSink sink = new HearingSink(invitation -> answer);
    private IotHubInvitations source;

    @AfterEach
    void stop() {
        source.close();
    }

    private void start(IotHubInvitations.Builder builder) throws InterruptedException {
        source = builder.build();
        source.start(sink);
        sink.awaitListening();
    }

    private static DirectMethodPayload payload(String json) {
        DirectMethodPayload payload = mock(DirectMethodPayload.class);
        when(payload.getPayloadAsJsonString()).thenReturn(json);
        return payload;
    }

    private static String json(Invitation invitation) {
        return JsonWriter.string(InvitationJson.write(invitation));
    }

    private DirectMethodResponse invoke(String name, String json) {
        return methods.get("device").onMethodInvoked(name, payload(json), null);
    }

    private DirectMethodResponse invoke(Invitation invitation) {
        return invoke("Bridge", json(invitation));
    }

    private IotHubMessageResult receive(String json, boolean marked) {
        Message message = new Message(json.getBytes(StandardCharsets.UTF_8));
        if (marked) {
            message.setProperty("wsbridge", "invitation");
        }
        return messages.get("device").onCloudToDeviceMessageReceived(message, null);
    }

    @Test
    void method_answers_areStatusAndPayload() throws Exception {
        start(IotHubInvitations.builder(client));
        Invitation invitation = Samples.invitation("device");
        assertThat(invoke(invitation).getStatus()).isEqualTo(200);
        assertThat(sink.heard).containsExactly(invitation);
        answer = CompletableFuture.completedFuture(new Answer.Rejected(409, "busy"));
        DirectMethodResponse no = invoke(Samples.invitation("device"));
        assertThat(no.getStatus()).isEqualTo(409);
        assertThat(no.getPayload()).isEqualTo(MethodAnswer.rejection(new Rejection(409, "busy")));
        answer = CompletableFuture.completedFuture(new Answer.Rejected(200, ""));
        assertThat(invoke(Samples.invitation("device")).getStatus())
                .as("not to be mistaken for an acceptance")
                .isEqualTo(403);
        answer = CompletableFuture.failedFuture(new IllegalStateException());
        assertThat(invoke(Samples.invitation("device")).getStatus()).isEqualTo(503);
    }

    @Test
    void method_slowHandler_isAnsweredMeanwhile() throws Exception {
        answer = new CompletableFuture<>();
        start(IotHubInvitations.builder(client).patience(Duration.ofMillis(50)));
        DirectMethodResponse response = invoke(Samples.invitation("device"));
        assertThat(response.getStatus()).isEqualTo(200);
        assertThat(response.getPayload()).isEqualTo(MethodAnswer.result("deferred"));
    }

    @Test
    void method_repeated_isOfferedOnce() throws Exception {
        answer = CompletableFuture.completedFuture(new Answer.Rejected(409, "busy"));
        start(IotHubInvitations.builder(client));
        Invitation invitation = Samples.invitation("device");
        assertThat(invoke(invitation).getStatus()).isEqualTo(409);
        answer = CompletableFuture.completedFuture(new Answer.Accepted());
        assertThat(invoke(invitation).getStatus()).isEqualTo(409);
        assertThat(receive(JsonWriter.string(InvitationJson.write(invitation)), true))
                .as("in the other direction, too")
                .isEqualTo(IotHubMessageResult.COMPLETE);
        assertThat(sink.heard).hasSize(1);
    }

    @Test
    void method_nonsense_isRefused() throws Exception {
        start(IotHubInvitations.builder(client));
        for (String json : new String[] {"null", "[]", "{}", "\"x\"", "[".repeat(60_000), "garbage"}) {
            assertThat(invoke("Bridge", json).getStatus()).isEqualTo(400);
        }
        assertThat(invoke("Reboot", "null").getStatus()).isEqualTo(501);
        assertThat(sink.heard).isEmpty();
    }

    @Test
    void message_onlyInvitations_areOffered() throws Exception {
        start(IotHubInvitations.builder(client));
        Invitation invitation = Samples.invitation("device");
        String json = JsonWriter.string(InvitationJson.write(invitation));
        assertThat(receive(json, false)).isEqualTo(IotHubMessageResult.REJECT);
        assertThat(receive("garbage", true)).isEqualTo(IotHubMessageResult.REJECT);
        assertThat(sink.heard).isEmpty();
        assertThat(receive(json, true)).isEqualTo(IotHubMessageResult.COMPLETE);
        assertThat(sink.heard).containsExactly(invitation);
    }

    @Test
    void otherMethodsAndMessages_reachTheirHandlers() throws Exception {
        start(IotHubInvitations.builder(client)
                .methodName("Invite")
                .otherMethods((name, payload, context) -> new DirectMethodResponse(299, name))
                .otherMessages((message, context) -> IotHubMessageResult.ABANDON));
        assertThat(invoke("Bridge", "null").getPayload()).isEqualTo("Bridge");
        assertThat(invoke("Invite", "null").getStatus()).isEqualTo(400);
        assertThat(receive("{}", false)).isEqualTo(IotHubMessageResult.ABANDON);
    }

    @Test
    void client_abandonedByTheSdk_isReopened() throws Exception {
        doThrow(new IotHubClientException(IotHubStatusCode.UNAUTHORIZED, "not yet"))
                .doNothing()
                .when(client)
                .open(anyBoolean());
        start(IotHubInvitations.builder(client));
        verify(client, times(2)).open(false);
        methods.clear();
        ArgumentCaptor<IotHubConnectionStatusChangeCallback> status =
                ArgumentCaptor.forClass(IotHubConnectionStatusChangeCallback.class);
        verify(client, times(2)).setConnectionStatusChangeCallback(status.capture(), any());
        status.getValue().onStatusChanged(HubDevices.disconnected(IotHubConnectionStatusChangeReason.RETRY_EXPIRED));
        await().atMost(PATIENCE).until(() -> methods.containsKey("device"));
        verify(client, times(3)).open(false);
        assertThat(invoke(Samples.invitation("device")).getStatus()).isEqualTo(200);
    }

    @Test
    void client_cannotSubscribe_triesAgainAfterGrowingPauses() throws Exception {
        doThrow(new IotHubClientException(IotHubStatusCode.THROTTLED, "not yet"))
                .doThrow(new IotHubClientException(IotHubStatusCode.THROTTLED, "not yet"))
                .doThrow(new IotHubClientException(IotHubStatusCode.THROTTLED, "not yet"))
                .doAnswer(call -> methods.put("device", call.getArgument(0)))
                .when(client)
                .subscribeToMethods(any(), any(), anyInt());
        List<Long> bounds = new CopyOnWriteArrayList<>();
        start(IotHubInvitations.builder(client).random(shortest(bounds)));
        assertThat(bounds).containsExactly(1_000_000_001L, 2_000_000_001L, 4_000_000_001L);
        InOrder order = inOrder(client);
        for (int i = 0; i < 3; i++) {
            order.verify(client).open(false);
            order.verify(client).subscribeToMethods(any(), any(), anyInt());
            order.verify(client).close();
        }
        order.verify(client).open(false);
    }

    @Test
    void close_whileOpening_stopsIt() throws Exception {
        CountDownLatch opening = new CountDownLatch(1);
        CountDownLatch closing = new CountDownLatch(1);
        CompletableFuture<Boolean> interrupted = new CompletableFuture<>();
        doAnswer(call -> {
                    opening.countDown();
                    try {
                        new CountDownLatch(1).await(); // like the SDK's pause before the next attempt
                    } catch (InterruptedException e) {
                        closing.await(); // like the SDK, checks a flag that close sets
                        interrupted.complete(true);
                    }
                    return null;
                })
                .when(client)
                .open(anyBoolean());
        doAnswer(call -> {
                    closing.countDown();
                    return null;
                })
                .when(client)
                .close();
        CompletableFuture<Void> heard = new CompletableFuture<>();
        source = IotHubInvitations.builder(client).build();
        source.start(new InvitationSource.Sink() {
            @Override
            public void listening() {
                heard.complete(null);
            }

            @Override
            public CompletionStage<Answer> offer(Invitation invitation) {
                throw new AssertionError();
            }

            @Override
            public void ended(CloseReason reason) {
                throw new AssertionError(reason);
            }
        });
        assertThat(opening.await(20, TimeUnit.SECONDS)).isTrue();
        source.close();
        assertThat(interrupted).succeedsWithin(PATIENCE);
        // Once by the caller of close, and once by the thread, which then ends.
        verify(client, timeout(PATIENCE.toMillis()).times(2)).close();
        verify(client, times(1)).open(false);
        assertThat(heard).as("closed sources are silent").isNotDone();
    }

    @Test
    void offer_sinkThatThrows_isAnswered() throws Exception {
        HearingSink broken = new HearingSink(invitation -> {
            throw new IllegalStateException();
        });
        source = IotHubInvitations.builder(client).patience(PATIENCE).build();
        source.start(broken);
        broken.awaitListening();
        Invitation invitation = Samples.invitation("device");
        assertThat(invoke(invitation).getStatus()).isEqualTo(503);
        assertThat(invoke(invitation).getStatus()).as("also the second time").isEqualTo(503);
        assertThat(broken.heard).hasSize(1);
    }

    @Test
    void builder_invalidSettings_areRefused() {
        source = IotHubInvitations.builder(client).build();
        assertThatThrownBy(() -> IotHubInvitations.builder(client).methodName(" "))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> IotHubInvitations.builder(client).patience(Duration.ofSeconds(-1)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    /** Returns 0, so that there are no pauses, and records the bounds. */
    private static RandomGenerator shortest(List<Long> bounds) {
        return new RandomGenerator() {
            @Override
            public long nextLong() {
                return 0;
            }

            @Override
            public long nextLong(long bound) {
                bounds.add(bound);
                return 0;
            }
        };
    }

    @Test
    void close_own_closesTheClient() throws Exception {
        start(IotHubInvitations.builder(client));
        MethodCallback late = methods.get("device");
        source.close();
        await().atMost(PATIENCE).until(methods::isEmpty);
        assertThat(late.onMethodInvoked("Bridge", payload(json(Samples.invitation("device"))), null)
                        .getStatus())
                .isEqualTo(503);
        assertThat(sink.heard).isEmpty();
    }

    @Test
    void sharedClient_isNotClosed() throws Exception {
        start(IotHubInvitations.builder(client).shared());
        assertThat(invoke(Samples.invitation("device")).getStatus()).isEqualTo(200);
        source.close();
        verify(client, never()).open(anyBoolean());
        verify(client, never()).close();
        verify(client, never()).setConnectionStatusChangeCallback(any(), any());
    }

    @Test
    void connect_realClient_isMadeWithoutConnecting() {
        source = IotHubInvitations.builder(
                        "HostName=test-hub.azure-devices.net;DeviceId=device;SharedAccessKey=" + FakeHub.KEY,
                        IotHubClientProtocol.MQTT)
                .build();
        assertThatThrownBy(() -> IotHubInvitations.builder("secret", IotHubClientProtocol.MQTT))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageNotContaining("secret")
                .hasNoCause();
    }
}
