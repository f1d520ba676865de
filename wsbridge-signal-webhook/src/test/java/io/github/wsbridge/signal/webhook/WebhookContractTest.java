package io.github.wsbridge.signal.webhook;

import io.github.wsbridge.Invitation;
import io.github.wsbridge.spi.Signaller;
import io.github.wsbridge.testkit.SignallerContract;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterEach;

/** The node's and the device's part, with a real HTTP server in between that passes each invitation to its device. */
class WebhookContractTest extends SignallerContract {

    private final WebhookVerifier verifier = WebhookVerifier.of(Samples.KEY);
    private final Map<String, WebhookInvitations> devices = new ConcurrentHashMap<>();
    private Backend backend;
    private WebhookSignaller signaller;

    @AfterEach
    void stopBackend() {
        backend.close();
    }

    private void route(Backend.Request request) {
        WebhookVerifier.Verdict verdict = verifier.verify(request::header, request.body());
        Invitation invitation = verdict instanceof WebhookVerifier.Verdict.Genuine genuine
                ? genuine.invitation()
                : verdict instanceof WebhookVerifier.Verdict.Repeated repeated ? repeated.invitation() : null;
        WebhookInvitations device = invitation == null ? null : devices.get(invitation.deviceId());
        if (device == null) {
            request.answer(invitation == null ? 401 : 404, "");
        } else {
            device.deliver(verdict).thenAccept(reply -> request.answer(reply.status(), reply.body()));
        }
    }

    @Override
    protected Signaller newSignaller() throws IOException {
        backend = new Backend();
        backend.behaviour = this::route;
        signaller = WebhookSignaller.builder(backend.url(), Samples.KEY)
                .backoff(Duration.ofMillis(10), Duration.ofMillis(50))
                .build();
        return signaller;
    }

    @Override
    protected AutoCloseable startDevice(String deviceId, Device device) throws Exception {
        WebhookInvitations invitations = WebhookInvitations.create(deviceId, verifier);
        devices.put(deviceId, invitations);
        return startDevice(invitations, device);
    }

    @Override
    protected boolean throttle() {
        backend.behaviour = request -> request.answer(429, "");
        return true;
    }

    @Override
    protected int kept() {
        return signaller.kept();
    }
}
