package io.github.wsbridge.spring;

import io.github.wsbridge.core.BridgeNode;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;

/** Stops the node before the web server, so that bridges can end on their own; reads API keys again meanwhile. */
final class NodeLifecycle implements SmartLifecycle {

    private static final Logger log = LoggerFactory.getLogger(NodeLifecycle.class);

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
        try {
            if (keys.file().look(false)) {
                node.endRevoked(true);
            }
        } catch (Throwable e) { // even an Error must not end the looking: nobody would notice
            log.warn("cannot use API keys that have changed", e);
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

    /** A node that has stopped cannot start again, so it goes on while Spring's tests pause the application. */
    @Override
    public boolean isPauseable() {
        return false;
    }
}
