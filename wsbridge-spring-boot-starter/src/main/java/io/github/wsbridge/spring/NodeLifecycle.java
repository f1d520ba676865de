package io.github.wsbridge.spring;

import io.github.wsbridge.core.BridgeNode;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.springframework.context.SmartLifecycle;

/** Stops the node before the web server, so that bridges can end on their own; reads API keys again meanwhile. */
final class NodeLifecycle implements SmartLifecycle {

    /** Before the web server stops gracefully, which is at 1,024 below the default. */
    private static final int PHASE = DEFAULT_PHASE - 512;

    private static final int LOOK_SECONDS = 5;

    private final BridgeNode node;
    private final Duration grace;
    private final @Nullable ApiKeys apiKeys;
    private @Nullable ScheduledExecutorService looking; // by the thread that starts and stops the context
    private volatile boolean running;

    NodeLifecycle(BridgeNode node, Duration grace, @Nullable ApiKeys apiKeys) {
        this.node = node;
        this.grace = grace;
        this.apiKeys = apiKeys;
    }

    @Override
    public void start() {
        running = true;
        if (apiKeys != null) {
            looking = Executors.newSingleThreadScheduledExecutor(task -> {
                Thread thread = new Thread(task, "wsbridge-api-keys");
                thread.setDaemon(true);
                return thread;
            });
            looking.scheduleWithFixedDelay(() -> look(apiKeys), LOOK_SECONDS, LOOK_SECONDS, TimeUnit.SECONDS);
        }
    }

    private void look(ApiKeys keys) {
        if (keys.file().look(false)) {
            node.endRevoked(true);
        }
    }

    @Override
    public void stop() {
        stop(() -> {});
    }

    @Override
    public void stop(Runnable callback) {
        if (looking != null) {
            looking.shutdownNow();
        }
        node.stop(grace).whenComplete((stopped, failure) -> {
            running = false;
            callback.run();
        });
    }

    @Override
    public boolean isRunning() {
        return running;
    }

    @Override
    public int getPhase() {
        return PHASE;
    }
}
