package io.github.wsbridge.signal.webhook;

import io.github.wsbridge.spi.Signaller.Result;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** Signallers to a {@link Backend}. */
abstract class WebhookSignallerFixture {

    static final Duration PATIENCE = Duration.ofSeconds(20);

    Backend backend;
    private final List<WebhookSignaller> signallers = new ArrayList<>();

    @BeforeEach
    void start() throws IOException {
        backend = new Backend();
    }

    @AfterEach
    void stop() {
        signallers.forEach(WebhookSignaller::close);
        backend.close();
    }

    WebhookSignaller.Builder builder() {
        return WebhookSignaller.builder(backend.url(), Samples.KEY)
                .backoff(Duration.ofMillis(5), Duration.ofMillis(20));
    }

    WebhookSignaller open(WebhookSignaller.Builder builder) {
        WebhookSignaller signaller = builder.build();
        signallers.add(signaller);
        return signaller;
    }

    CompletableFuture<Result> signal(WebhookSignaller signaller) {
        return signaller.signal(Samples.invitation()).toCompletableFuture();
    }

    static Result get(CompletableFuture<Result> result) throws Exception {
        return result.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    }

    static Throwable failure(CompletableFuture<Result> result) throws Exception {
        try {
            throw new AssertionError("no failure but " + get(result));
        } catch (ExecutionException e) {
            return e.getCause();
        }
    }
}
