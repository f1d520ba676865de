package io.github.wsbridge.signal.iothub;

import com.microsoft.azure.sdk.iot.service.exceptions.IotHubException;
import com.microsoft.azure.sdk.iot.service.methods.DirectMethodRequestOptions;
import com.microsoft.azure.sdk.iot.service.methods.DirectMethodResponse;
import com.microsoft.azure.sdk.iot.service.methods.DirectMethodsClient;
import io.github.wsbridge.Invitation;
import io.github.wsbridge.spi.Signaller.Result;
import io.github.wsbridge.wire.concurrent.Daemons;
import io.github.wsbridge.wire.message.InvitationJson;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;

/**
 * By direct method. The SDK's call blocks for as long as the device takes, so each has a thread of a bounded pool; the pool's
 * queue is bounded too.
 */
final class MethodCarrier implements Carrier {

    /** The hub takes no shorter response timeout. */
    private static final int MIN_RESPONSE_SECONDS = 5;

    private static final int MAX_SECONDS = 300;
    private static final int MAX_HTTP_CONNECT_SECONDS = 5;

    private final IntFunction<DirectMethodsClient> clients;
    private final Map<Integer, DirectMethodsClient> byTimeout = new ConcurrentHashMap<>();
    private final String methodName;
    private final Duration connectTimeout;
    private final InstantSource clock;
    private final Timers timers;
    private final ThreadPoolExecutor pool;
    private final AtomicInteger kept = new AtomicInteger();

    /** A carrier; {@code clients} makes a client for a read timeout in seconds. */
    MethodCarrier(
            IntFunction<DirectMethodsClient> clients,
            String methodName,
            Duration connectTimeout,
            int maxConcurrent,
            int maxWaiting,
            InstantSource clock,
            Timers timers) {
        this.clients = clients;
        this.methodName = methodName;
        this.connectTimeout = connectTimeout;
        this.clock = clock;
        this.timers = timers;
        this.pool = new ThreadPoolExecutor(
                maxConcurrent,
                maxConcurrent,
                30,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(maxWaiting),
                Daemons.named("wsbridge-iothub-"));
        pool.allowCoreThreadTimeOut(true);
    }

    @Override
    public void carry(Invitation invitation, CompletableFuture<Result> result) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        Runnable task = () -> {
            try {
                invoke(invitation, result);
            } finally {
                kept.decrementAndGet();
                done.complete(null);
            }
        };
        kept.incrementAndGet();
        try {
            pool.execute(task);
        } catch (RejectedExecutionException e) {
            kept.decrementAndGet();
            if (pool.isShutdown()) {
                result.completeExceptionally(new IOException("the signaller is closed"));
            } else {
                result.complete(new Result.Throttled("too many invitations wait for the IoT hub"));
            }
            return;
        }
        // A call under way cannot be interrupted, and what it says in the end is of no use: the accept timeout has
        // decided.
        Future<?> expiry = timers.after(Carrier.left(invitation, clock), () -> {
            if (pool.remove(task)) {
                kept.decrementAndGet();
                result.completeExceptionally(new IOException("the invitation has expired"));
            }
        });
        done.thenRun(() -> Timers.cancel(expiry));
    }

    /** How long a connection may take: half of the time at most, so that the answer has the rest. */
    static int httpConnectSeconds(int readSeconds) {
        return Math.max(1, Math.min(readSeconds / 2, MAX_HTTP_CONNECT_SECONDS));
    }

    private void invoke(Invitation invitation, CompletableFuture<Result> result) {
        if (pool.isShutdown()) {
            result.completeExceptionally(new IOException("the signaller is closed"));
            return;
        }
        int seconds =
                (int) Math.min(MAX_SECONDS, Carrier.left(invitation, clock).toSeconds());
        int connect = (int) Math.max(0, Math.min(connectTimeout.toSeconds(), seconds - MIN_RESPONSE_SECONDS));
        DirectMethodRequestOptions options = DirectMethodRequestOptions.builder()
                .payload(InvitationJson.write(invitation))
                .methodConnectTimeoutSeconds(connect)
                .methodResponseTimeoutSeconds(Math.max(MIN_RESPONSE_SECONDS, seconds - connect))
                .build();
        try {
            DirectMethodResponse answer =
                    client(seconds + 1).invoke(HubDeviceId.escaped(invitation.deviceId()), methodName, options);
            Integer status = answer.getStatus();
            if (status == null) {
                result.completeExceptionally(new IOException("the IoT hub's answer has no status"));
            } else {
                result.complete(MethodAnswer.read(status, answer.getPayloadAsJsonString()));
            }
        } catch (IotHubException | IOException | RuntimeException e) {
            Carrier.fail(result, e);
        }
    }

    /** A read timeout is for the life of a client; there are as many as lives of invitations in seconds, mostly one or two. */
    private DirectMethodsClient client(int readSeconds) {
        DirectMethodsClient known = byTimeout.get(readSeconds);
        if (known != null) {
            return known;
        }
        DirectMethodsClient fresh = clients.apply(readSeconds);
        DirectMethodsClient other = byTimeout.putIfAbsent(readSeconds, fresh);
        return other != null ? other : fresh;
    }

    @Override
    public int kept() {
        return kept.get();
    }

    /** Calls under way go on until the hub answers or their time is over; those that wait fail. */
    @Override
    public void close() {
        pool.shutdown();
    }
}
