package io.github.wsbridge.okhttp;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.spi.Headers;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.wire.concurrent.Daemons;
import io.github.wsbridge.wire.concurrent.TaskThreads;
import io.github.wsbridge.wire.websocket.ClientUpgrade;
import io.github.wsbridge.wire.websocket.Refusal;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import okhttp3.Call;
import okhttp3.ConnectionPool;
import okhttp3.OkHttpClient;
import okhttp3.Protocol;
import okhttp3.Request;
import okhttp3.Response;
import okio.Buffer;
import okio.BufferedSource;
import okio.Socket;

/**
 * Opens WebSockets with OkHttp, which also exists where the JDK's HTTP client does not, as on Android. OkHttp opens the
 * connection, with its proxies, DNS, certificate pins, and interceptors; the frames are this project's, because
 * OkHttp's own WebSocket has no flow control. Thread-safe.
 *
 * <p>A leg has one thread that reads, and another one while something is written: virtual threads if the JDK has them,
 * otherwise pooled daemon threads. Redirects are not followed.
 */
public final class OkHttpConnector implements Connector {

    private final OkHttpClient client;
    private final Executor threads = TaskThreads.shared();
    private final ScheduledThreadPoolExecutor timer = Daemons.newTimer("wsbridge-okhttp");
    private final Set<OkHttpLeg> legs = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    private OkHttpConnector(OkHttpClient client) {
        this.client = client.newBuilder()
                .protocols(List.of(Protocol.HTTP_1_1))
                .followRedirects(false)
                .followSslRedirects(false)
                .retryOnConnectionFailure(false) // it would also repeat a request that was answered with 408
                .connectionPool(new ConnectionPool(0, 1, TimeUnit.SECONDS)) // so that no stale connection is used
                .callTimeout(Duration.ZERO)
                .readTimeout(Duration.ZERO) // a handshake has a limit of its own, and a bridge may be idle
                .writeTimeout(Duration.ZERO)
                .build();
        timer.setContinueExistingPeriodicTasksAfterShutdownPolicy(true); // the deadlines of closing legs
    }

    /** Returns a connector with OkHttp's defaults. */
    public static OkHttpConnector create() {
        return over(new OkHttpClient());
    }

    /**
     * Returns a connector with the settings of an existing client. Its time limits do not apply, except that for TCP
     * connections; nor does its connection pool.
     */
    public static OkHttpConnector over(OkHttpClient client) {
        return new OkHttpConnector(client);
    }

    @Override
    public CompletionStage<Leg> connect(Target target) {
        if (closed) {
            return CompletableFuture.failedFuture(new IOException("the connector is closed"));
        }
        CompletableFuture<Leg> result = new CompletableFuture<>();
        try {
            ClientUpgrade upgrade = new ClientUpgrade(target);
            Call call = client.newCall(request(target.uri(), upgrade));
            Future<?> limit = timer.schedule(
                    () -> result.completeExceptionally(new SocketTimeoutException("handshake timed out")),
                    target.timeout().toNanos(),
                    TimeUnit.NANOSECONDS);
            result.whenComplete((leg, failure) -> {
                limit.cancel(false);
                if (failure != null) {
                    call.cancel(); // also if the caller has given up: nothing else would end it
                }
            });
            threads.execute(() -> connect(call, upgrade, result)); // OkHttp's own would allow five at a time
        } catch (IOException e) {
            result.completeExceptionally(e);
        } catch (RejectedExecutionException e) {
            result.completeExceptionally(new IOException("the connector is closed", e));
        } catch (RuntimeException e) { // its message may quote a secret
            result.completeExceptionally(new IOException("cannot connect: OkHttp rejects the URL or a header"));
        }
        return result;
    }

    private static Request request(URI uri, ClientUpgrade upgrade) {
        String rest = uri.toString().substring(uri.getScheme().length());
        Request.Builder request = new Request.Builder().url((upgrade.secure() ? "https" : "http") + rest);
        upgrade.fields().forEach(request::header);
        return request.build();
    }

    private void connect(Call call, ClientUpgrade upgrade, CompletableFuture<Leg> result) {
        try {
            Response response = call.execute();
            Headers fields = response.headers()::values;
            Socket socket = response.socket();
            if (response.code() != 101 || socket == null) {
                try (response) {
                    throw Refusal.of(response.code(), fields, body(response, fields));
                }
            }
            OkHttpLeg leg;
            try {
                leg = new OkHttpLeg(socket, upgrade.agreed(101, fields), threads, timer, legs::remove);
            } catch (IOException e) {
                socket.cancel();
                OkHttpLeg.giveBack(socket.getSource());
                OkHttpLeg.giveBack(socket.getSink());
                throw e;
            }
            legs.add(leg);
            if (closed || !result.complete(leg)) {
                leg.abort(); // no longer needed
                result.completeExceptionally(new IOException("the connector is closed"));
            }
        } catch (InterruptedIOException e) {
            SocketTimeoutException late = new SocketTimeoutException("handshake timed out");
            late.initCause(e);
            result.completeExceptionally(late);
        } catch (IOException e) {
            result.completeExceptionally(e);
        } catch (RuntimeException | Error e) { // such as one of an interceptor
            result.completeExceptionally(new IOException("cannot connect: " + e.getMessage(), e));
        }
    }

    /** Returns the beginning of a refusal's body, as far as it can be read. */
    private static ByteBuffer body(Response response, Headers fields) {
        Buffer read = new Buffer();
        if (Refusal.speaks(fields)) {
            try {
                BufferedSource source = response.body().source();
                while (read.size() < Refusal.MOST_BYTES && source.read(read, Refusal.MOST_BYTES - read.size()) >= 0) {
                    continue;
                }
            } catch (IOException e) {
                // the status is what counts
            }
        }
        return ByteBuffer.wrap(read.readByteArray());
    }

    /** Closes the open legs with 1001. The client that was given stays open. */
    @Override
    public void close() {
        closed = true;
        legs.forEach(leg -> leg.close(new CloseReason(CloseReason.GOING_AWAY, "connector closed")));
        timer.shutdown();
    }
}
