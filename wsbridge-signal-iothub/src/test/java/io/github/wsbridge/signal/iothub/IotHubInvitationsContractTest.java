package io.github.wsbridge.signal.iothub;

import io.github.wsbridge.spi.InvitationSource;
import io.github.wsbridge.spi.Signaller;
import io.github.wsbridge.testkit.InvitationSourceContract;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.extension.ExtendWith;

/** By direct methods. */
@ExtendWith(TrustsHub.class)
final class IotHubInvitationsContractTest extends InvitationSourceContract {

    private FakeHub hub;

    @AfterEach
    void stopHub() {
        hub.close();
    }

    @Override
    protected Signaller newSignaller() throws Exception {
        hub = new FakeHub();
        return IotHubSignaller.builder(FakeHub.CONNECTION_STRING)
                .proxy(hub.proxy())
                .build();
    }

    @Override
    protected InvitationSource newSource(String deviceId) {
        return IotHubInvitations.builder(
                        HubDevices.client(deviceId, hub.registered, hub.connected, new ConcurrentHashMap<>()))
                .patience(Duration.ofSeconds(60))
                .build();
    }

    /** All characters that are allowed in a hub's device ids. */
    @Override
    protected List<String> deviceIds() {
        return List.of("plain", "UPPER.lower-0_", "-:.+%_#*?!(),=@;$'", "a%2Fb");
    }
}
