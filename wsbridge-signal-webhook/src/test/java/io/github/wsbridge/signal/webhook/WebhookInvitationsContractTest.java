package io.github.wsbridge.signal.webhook;

import io.github.wsbridge.spi.InvitationSource;
import io.github.wsbridge.spi.Signaller;
import io.github.wsbridge.testkit.InvitationSourceContract;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterEach;

/** With a real HTTP server in between that passes each invitation to its device. */
final class WebhookInvitationsContractTest extends InvitationSourceContract {

    private final WebhookVerifier verifier = WebhookVerifier.of(Samples.KEY);
    private final Map<String, WebhookInvitations> devices = new ConcurrentHashMap<>();
    private Backend backend;

    @AfterEach
    void stopBackend() {
        backend.close();
    }

    @Override
    protected Signaller newSignaller() throws IOException {
        backend = new Backend();
        backend.behaviour = request -> {
            if (verifier.verify(request::header, request.body()) instanceof WebhookVerifier.Verdict.Genuine genuine) {
                devices.get(genuine.invitation().deviceId())
                        .deliver(genuine)
                        .thenAccept(reply -> request.answer(reply.status(), reply.body()));
            } else {
                request.answer(401, "");
            }
        };
        return WebhookSignaller.builder(backend.url(), Samples.KEY)
                .backoff(Duration.ofMillis(10), Duration.ofMillis(50))
                .build();
    }

    @Override
    protected InvitationSource newSource(String deviceId) {
        WebhookInvitations source = WebhookInvitations.create(deviceId, verifier);
        devices.put(deviceId, source);
        return source;
    }
}
