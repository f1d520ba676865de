package io.github.wsbridge.signal.iothub;

import com.microsoft.azure.sdk.iot.device.Message;
import com.microsoft.azure.sdk.iot.device.MessageCallback;
import io.github.wsbridge.spi.InvitationSource.Answer;
import io.github.wsbridge.spi.Signaller;
import io.github.wsbridge.testkit.SignallerContract;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.apache.qpid.proton.amqp.messaging.Accepted;
import org.apache.qpid.proton.amqp.messaging.Data;
import org.apache.qpid.proton.amqp.transport.DeliveryState;
import org.junit.jupiter.api.AfterEach;

/**
 * The service SDK over AMQP with a fake hub, which passes each message to a fake device client. A real hub keeps
 * messages for devices that are offline; the fake hub does not know such devices.
 */
class CloudToDeviceContractTest extends SignallerContract {

    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final Map<String, MessageCallback> devices = new ConcurrentHashMap<>();
    private FakeAmqpHub hub;
    private IotHubSignaller signaller;

    @AfterEach
    void stopHub() throws Exception {
        hub.close();
        threads.shutdownNow();
    }

    @Override
    protected Signaller newSignaller() throws Exception {
        hub = new FakeAmqpHub();
        hub.behaviour = this::deliver;
        signaller = IotHubSignaller.builder(hub.connectionString())
                .cloudToDevice()
                .sslContext(HubKeys.clientContext())
                .build();
        return signaller;
    }

    private DeliveryState deliver(String escapedId, org.apache.qpid.proton.message.Message sent) {
        MessageCallback device = devices.get(URLDecoder.decode(escapedId, StandardCharsets.UTF_8));
        Message message = new Message(((Data) sent.getBody()).getValue().getArray());
        message.setProperty(
                "wsbridge", (String) sent.getApplicationProperties().getValue().get("wsbridge"));
        if (device != null) {
            threads.execute(() -> device.onCloudToDeviceMessageReceived(message, null));
        }
        return device == null ? CloudToDeviceTest.rejected("amqp:not-found") : Accepted.getInstance();
    }

    @Override
    protected AutoCloseable startDevice(String deviceId, Device device) throws Exception {
        IotHubInvitations source = IotHubInvitations.builder(
                        HubDevices.client(deviceId, ConcurrentHashMap.newKeySet(), new ConcurrentHashMap<>(), devices))
                .build();
        HearingSink sink = new HearingSink(invitation -> CompletableFuture.supplyAsync(
                () -> {
                    device.invited(new Heard(invitation.acceptUrl().toString(), invitation.requestData()));
                    return new Answer.Accepted();
                },
                threads));
        source.start(sink);
        sink.awaitListening();
        return source;
    }

    /** All characters that are allowed in a hub's device ids. */
    @Override
    protected List<String> deviceIds() {
        return List.of("plain", "UPPER.lower-0_", "-:.+%_#*?!(),=@;$'", "a%2Fb", "d".repeat(128));
    }

    @Override
    protected boolean carriesRejections() {
        return false; // a message has no response; a device rejects at the accept URL
    }

    @Override
    protected boolean throttle() {
        hub.behaviour = (deviceId, message) -> CloudToDeviceTest.rejected("amqp:resource-limit-exceeded");
        return true;
    }

    @Override
    protected int kept() {
        return signaller.kept();
    }
}
