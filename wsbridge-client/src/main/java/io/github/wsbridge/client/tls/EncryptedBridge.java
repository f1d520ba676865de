package io.github.wsbridge.client.tls;

import io.github.wsbridge.BridgeId;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.Rejection;
import io.github.wsbridge.client.BridgeChannel;
import io.github.wsbridge.client.BridgeLeg;
import io.github.wsbridge.client.IncomingBridge;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.Leg;
import java.nio.ByteBuffer;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** What a requester asks for inside TLS, until it is answered there. Opens the stream, to learn of its end. */
final class EncryptedBridge implements IncomingBridge, Leg.Receiver {

    private static final CloseReason LATE =
            new CloseReason(CloseReason.TIMED_OUT, "the device's handler did not answer in time");
    private static final CloseReason FAILED =
            new CloseReason(CloseReason.INTERNAL_ERROR, "the device's handler failed");

    private static final CloseReason GAVE_UP = new CloseReason(CloseReason.GOING_AWAY, "gave up");

    private final IncomingBridge outer;
    private final TlsLeg tls;
    private final InnerProtocol protocol;
    private final String requestData;
    private final Executor executor;
    private final CompletableFuture<BridgeLeg> leg = new CompletableFuture<>();
    private final CompletableFuture<BridgeChannel> channel = new CompletableFuture<>();
    private final CompletableFuture<Void> refusal = new CompletableFuture<>(); // only stands for one
    private final CompletableFuture<Void> lapsed = new CompletableFuture<>();
    private final CompletableFuture<Void> decided = new CompletableFuture<>();
    /** The first answer: the leg, the channel or the refusal. */
    private final AtomicReference<@Nullable CompletableFuture<?>> answer = new AtomicReference<>();

    /** @param executor where channels complete */
    EncryptedBridge(IncomingBridge outer, TlsLeg tls, InnerProtocol protocol, String requestData, Executor executor) {
        this.outer = outer;
        this.tls = tls;
        this.protocol = protocol;
        this.requestData = requestData;
        this.executor = executor;
    }

    /** Begins to wait for the answer, for this long at most. */
    void await(Duration limit) {
        tls.open(this);
        decided.copy().orTimeout(limit.toMillis(), TimeUnit.MILLISECONDS).exceptionally(late -> {
            if (decide(refusal)) {
                lapsed.complete(null);
                tls.close(LATE);
            }
            return null;
        });
    }

    @Override
    public void onFragment(Fragment fragment) {
        throw new IllegalStateException("nothing was demanded");
    }

    @Override
    public void onClosed(CloseReason reason) {
        if (decide(refusal)) {
            lapsed.complete(null);
        }
    }

    private boolean decide(CompletableFuture<?> how) {
        boolean first = answer.compareAndSet(null, how);
        if (first) {
            decided.complete(null);
        }
        return first;
    }

    @Override
    public BridgeId bridgeId() {
        return outer.bridgeId();
    }

    @Override
    public String deviceId() {
        return outer.deviceId();
    }

    @Override
    public String requestData() {
        return requestData;
    }

    @Override
    public String principal() {
        return outer.principal();
    }

    @Override
    public String reason() {
        return outer.reason();
    }

    @Override
    public List<X509Certificate> certificates() {
        return tls.peerCertificates();
    }

    @Override
    public Instant expiresAt() {
        return outer.expiresAt();
    }

    @Override
    public CompletableFuture<BridgeLeg> acceptLeg() {
        if (decide(leg)) {
            sayYes().whenComplete((said, failure) -> {
                if (failure == null) {
                    tls.giveBack(ByteBuffer.allocate(0));
                    if (!leg.complete(tls)) {
                        tls.close(GAVE_UP);
                    }
                } else {
                    leg.completeExceptionally(failure);
                }
            });
        }
        return answered(leg);
    }

    @Override
    public CompletableFuture<BridgeChannel> accept() {
        if (decide(channel)) {
            sayYes().whenCompleteAsync(
                            (said, failure) -> {
                                if (failure == null) {
                                    tls.giveBack(ByteBuffer.allocate(0));
                                    BridgeChannel made = BridgeChannel.over(tls);
                                    if (!channel.complete(made)) {
                                        made.close(GAVE_UP);
                                    }
                                } else {
                                    channel.completeExceptionally(failure);
                                }
                            },
                            executor);
        }
        return answered(channel);
    }

    private CompletionStage<Void> sayYes() {
        return protocol.session() == null
                ? InnerProtocol.accept(tls)
                : CompletableFuture.completedFuture(null); // the session's protocol says so
    }

    private <B> CompletableFuture<B> answered(CompletableFuture<B> how) {
        return answer.get() == how
                ? how
                : CompletableFuture.failedFuture(
                        new IllegalStateException("already rejected, expired or accepted in another way"));
    }

    @Override
    public CompletionStage<Void> lapsed() {
        return lapsed.minimalCompletionStage();
    }

    @Override
    public boolean reject(int code, String reason) {
        Rejection rejection = new Rejection(code, reason);
        if (!decide(refusal)) {
            return false;
        }
        if (protocol.session() == null) {
            InnerProtocol.reject(tls, rejection);
            tls.close(CloseReason.normal());
        } else {
            tls.close(CloseReason.rejected(rejection));
        }
        return true;
    }

    /** Called when the handler has thrown. */
    void fail() {
        if (!reject(500, "the device's handler failed")) {
            tls.close(FAILED);
        }
    }

    /** Returns the bridge's id and who asks, without the request data. */
    @Override
    public String toString() {
        List<X509Certificate> chain = certificates();
        String by = chain.isEmpty()
                ? ""
                : ", certificate of " + chain.get(0).getSubjectX500Principal().getName();
        return outer + by.replaceAll("\\p{Cntrl}", "?");
    }
}
