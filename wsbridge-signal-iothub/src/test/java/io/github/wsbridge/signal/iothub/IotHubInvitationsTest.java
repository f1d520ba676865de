package io.github.wsbridge.signal.iothub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyBoolean;
import static org.mockito.Mockito.doAnswer;
import static org.mockito.Mockito.doThrow;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.times;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import com.grack.nanojson.JsonWriter;
import com.microsoft.azure.sdk.iot.device.ConnectionStatusChangeContext;
import com.microsoft.azure.sdk.iot.device.DeviceClient;
import com.microsoft.azure.sdk.iot.device.IotHubClientProtocol;
import com.microsoft.azure.sdk.iot.device.IotHubConnectionStatusChangeCallback;
import com.microsoft.azure.sdk.iot.device.IotHubConnectionStatusChangeReason;
import com.microsoft.azure.sdk.iot.device.IotHubMessageResult;
import com.microsoft.azure.sdk.iot.device.IotHubStatusCode;
import com.microsoft.azure.sdk.iot.device.Message;
import com.microsoft.azure.sdk.iot.device.MessageCallback;
import com.microsoft.azure.sdk.iot.device.exceptions.IotHubClientException;
import com.microsoft.azure.sdk.iot.device.transport.IotHubConnectionStatus;
import com.microsoft.azure.sdk.iot.device.twin.DirectMethodPayload;
import com.microsoft.azure.sdk.iot.device.twin.DirectMethodResponse;
import com.microsoft.azure.sdk.iot.device.twin.MethodCallback;
import io.github.wsbridge.Invitation;
import io.github.wsbridge.client.InvitationSource.Answer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The device's half; the SDK's client is a stand-in, since there is no hub for it to connect to. */
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

    private DirectMethodResponse invoke(String name, String json) {
        DirectMethodPayload payload = mock(DirectMethodPayload.class);
        when(payload.getPayloadAsJsonString()).thenReturn(json);
        return methods.get("device").onMethodInvoked(name, payload, null);
    }

    private DirectMethodResponse invoke(Invitation invitation) {
        return invoke("Bridge", JsonWriter.string(Messages.invitation(invitation)));
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
        start(IotHubInvitations.over(client));
        Invitation invitation = Samples.invitation("device");
        assertThat(invoke(invitation).getStatus()).isEqualTo(200);
        assertThat(sink.heard).containsExactly(invitation);
        answer = CompletableFuture.completedFuture(new Answer.Rejected(409, "busy"));
        DirectMethodResponse no = invoke(Samples.invitation("device"));
        assertThat(no.getStatus()).isEqualTo(409);
        assertThat(no.getPayload()).isEqualTo(Messages.rejection(409, "busy"));
        answer = CompletableFuture.completedFuture(new Answer.Rejected(200, ""));
        assertThat(invoke(Samples.invitation("device")).getStatus())
                .as("not to be taken for an acceptance")
                .isEqualTo(403);
        answer = CompletableFuture.failedFuture(new IllegalStateException());
        assertThat(invoke(Samples.invitation("device")).getStatus()).isEqualTo(503);
    }

    @Test
    void method_slowHandler_isAnsweredMeanwhile() throws Exception {
        answer = new CompletableFuture<>();
        start(IotHubInvitations.over(client).patience(Duration.ofMillis(50)));
        DirectMethodResponse response = invoke(Samples.invitation("device"));
        assertThat(response.getStatus()).isEqualTo(200);
        assertThat(response.getPayload()).isEqualTo(Messages.result("deferred"));
    }

    @Test
    void method_again_isOfferedOnce() throws Exception {
        answer = CompletableFuture.completedFuture(new Answer.Rejected(409, "busy"));
        start(IotHubInvitations.over(client));
        Invitation invitation = Samples.invitation("device");
        assertThat(invoke(invitation).getStatus()).isEqualTo(409);
        answer = CompletableFuture.completedFuture(new Answer.Accepted());
        assertThat(invoke(invitation).getStatus()).isEqualTo(409);
        assertThat(receive(JsonWriter.string(Messages.invitation(invitation)), true))
                .as("by the other way, too")
                .isEqualTo(IotHubMessageResult.COMPLETE);
        assertThat(sink.heard).hasSize(1);
    }

    @Test
    void method_nonsense_isRefused() throws Exception {
        start(IotHubInvitations.over(client));
        for (String json : new String[] {"null", "[]", "{}", "\"x\"", "[".repeat(60_000), "garbage"}) {
            assertThat(invoke("Bridge", json).getStatus()).isEqualTo(400);
        }
        assertThat(invoke("Reboot", "null").getStatus()).isEqualTo(501);
        assertThat(sink.heard).isEmpty();
    }

    @Test
    void message_invitation_isOfferedAndOthersAreNot() throws Exception {
        start(IotHubInvitations.over(client));
        Invitation invitation = Samples.invitation("device");
        String json = JsonWriter.string(Messages.invitation(invitation));
        assertThat(receive(json, false)).isEqualTo(IotHubMessageResult.REJECT);
        assertThat(receive("garbage", true)).isEqualTo(IotHubMessageResult.REJECT);
        assertThat(sink.heard).isEmpty();
        assertThat(receive(json, true)).isEqualTo(IotHubMessageResult.COMPLETE);
        assertThat(sink.heard).containsExactly(invitation);
    }

    @Test
    void others_goToWhoHandlesThem() throws Exception {
        start(IotHubInvitations.over(client)
                .methodName("Invite")
                .otherMethods((name, payload, context) -> new DirectMethodResponse(299, name))
                .otherMessages((message, context) -> IotHubMessageResult.ABANDON));
        assertThat(invoke("Bridge", "null").getPayload()).isEqualTo("Bridge");
        assertThat(invoke("Invite", "null").getStatus()).isEqualTo(400);
        assertThat(receive("{}", false)).isEqualTo(IotHubMessageResult.ABANDON);
    }

    @Test
    void client_thatTheSdkGaveUp_isOpenedAgain() throws Exception {
        AtomicReference<IotHubConnectionStatusChangeCallback> status = new AtomicReference<>();
        doAnswer(call -> {
                    status.set(call.getArgument(0));
                    return null;
                })
                .when(client)
                .setConnectionStatusChangeCallback(any(), any());
        doThrow(new IotHubClientException(IotHubStatusCode.UNAUTHORIZED, "not yet"))
                .doNothing()
                .when(client)
                .open(anyBoolean());
        start(IotHubInvitations.over(client));
        verify(client, times(2)).open(true);
        methods.clear();
        status.get()
                .onStatusChanged(new ConnectionStatusChangeContext(
                        IotHubConnectionStatus.DISCONNECTED,
                        IotHubConnectionStatus.CONNECTED,
                        IotHubConnectionStatusChangeReason.RETRY_EXPIRED,
                        null,
                        null));
        await().atMost(PATIENCE).until(() -> methods.containsKey("device"));
        verify(client, times(3)).open(true);
        assertThat(invoke(Samples.invitation("device")).getStatus()).isEqualTo(200);
    }

    @Test
    void close_own_closesTheClient() throws Exception {
        start(IotHubInvitations.over(client));
        MethodCallback late = methods.get("device");
        source.close();
        await().atMost(PATIENCE).until(methods::isEmpty);
        methods.put("device", late);
        assertThat(invoke(Samples.invitation("device")).getStatus()).isEqualTo(503);
        assertThat(sink.heard).isEmpty();
    }

    @Test
    void shared_client_isLeftToTheProgram() throws Exception {
        start(IotHubInvitations.over(client).shared());
        assertThat(invoke(Samples.invitation("device")).getStatus()).isEqualTo(200);
        source.close();
        verify(client, never()).open(anyBoolean());
        verify(client, never()).close();
        verify(client, never()).setConnectionStatusChangeCallback(any(), any());
    }

    @Test
    void connect_realClient_isMadeWithoutConnecting() {
        source = IotHubInvitations.connect(
                        "HostName=test-hub.azure-devices.net;DeviceId=device;SharedAccessKey=" + FakeHub.KEY,
                        IotHubClientProtocol.MQTT)
                .build();
        assertThatThrownBy(() -> IotHubInvitations.connect("secret", IotHubClientProtocol.MQTT))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageNotContaining("secret")
                .hasNoCause();
    }
}
