package io.github.wsbridge.signal.iothub;

import io.github.wsbridge.spi.InvitationSource.Answer;
import io.github.wsbridge.spi.Signaller;
import io.github.wsbridge.spi.Signaller.Result;
import io.github.wsbridge.testkit.SignallerContract;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.extension.ExtendWith;

/** The service SDK with a fake hub, and the device's part with a fake device client. */
@ExtendWith(TrustsHub.class)
class DirectMethodContractTest extends SignallerContract {

    private final ExecutorService threads = Executors.newCachedThreadPool();
    private FakeHub hub;
    private IotHubSignaller signaller;

    @AfterEach
    void stopHub() {
        hub.close();
        threads.shutdownNow();
    }

    @Override
    protected Signaller newSignaller() throws Exception {
        hub = new FakeHub();
        signaller = IotHubSignaller.builder(FakeHub.CONNECTION_STRING)
                .proxy(hub.proxy())
                .build();
        return signaller;
    }

    @Override
    protected AutoCloseable startDevice(String deviceId, Device device) throws Exception {
        IotHubInvitations source = IotHubInvitations.builder(
                        HubDevices.client(deviceId, hub.registered, hub.connected, new ConcurrentHashMap<>()))
                .patience(Duration.ofSeconds(60))
                .build();
        HearingSink sink = new HearingSink(invitation -> CompletableFuture.supplyAsync(
                        () -> device.invited(new Heard(invitation.acceptUrl().toString(), invitation.requestData())),
                        threads)
                .thenApply(result -> result instanceof Result.Rejected no
                        ? new Answer.Rejected(no.rejection())
                        : new Answer.Accepted()));
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
    protected boolean throttle() {
        hub.canned = FakeHub.error(429, 429001);
        return true;
    }

    @Override
    protected boolean closeEndsWaiting() {
        return false; // the SDK's calls block until the device or their timeout ends them
    }

    @Override
    protected int kept() {
        return signaller.kept();
    }
}
