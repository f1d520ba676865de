package io.github.wsbridge.signal.iothub;

import com.microsoft.azure.sdk.iot.service.exceptions.IotHubException;
import com.microsoft.azure.sdk.iot.service.messaging.DeliveryAcknowledgement;
import com.microsoft.azure.sdk.iot.service.messaging.Message;
import com.microsoft.azure.sdk.iot.service.messaging.MessagingClient;
import com.microsoft.azure.sdk.iot.service.messaging.SendResult;
import io.github.wsbridge.Invitation;
import io.github.wsbridge.spi.Signaller.Result;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Date;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * By cloud-to-device message, over one lasting AMQP connection. One thread opens the connection, and opens it again when it has
 * been lost; sending does not block it. The hub keeps a message for a device that is not connected, until it expires.
 */
final class MessageCarrier implements Carrier {

    private static final int OPEN_MILLIS = 10_000;

    /** After a connection that failed, others are not even tried for so long. */
    private static final Duration PAUSE = Duration.ofSeconds(1);

    private final Supplier<MessagingClient> clients;
    private final Runnable freshen;
    private final Duration patience;
    private final int maxWaiting;
    private final InstantSource clock;
    private final AtomicInteger kept = new AtomicInteger();
    private final ExecutorService thread = Executors.newSingleThreadExecutor(task -> {
        Thread sender = new Thread(task, "wsbridge-iothub-sender");
        sender.setDaemon(true);
        return sender;
    });

    // Used by the one thread only.
    private @Nullable MessagingClient client;
    private Instant notBefore = Instant.MIN;

    /** The client whose connection has swallowed a message: the SDK is sometimes the last to notice that one has been lost. */
    private volatile @Nullable MessagingClient suspect;

    /**
     * A carrier.
     *
     * @param freshen called before each use of the credential that the clients have
     * @param patience how long an acknowledgement may take before the connection is taken for lost
     */
    MessageCarrier(
            Supplier<MessagingClient> clients,
            Runnable freshen,
            Duration patience,
            int maxWaiting,
            InstantSource clock) {
        this.clients = clients;
        this.freshen = freshen;
        this.patience = patience;
        this.maxWaiting = maxWaiting;
        this.clock = clock;
    }

    @Override
    public void carry(Invitation invitation, CompletableFuture<Result> result) {
        if (kept.incrementAndGet() > maxWaiting) {
            kept.decrementAndGet();
            result.complete(new Result.Throttled("too many invitations wait for the IoT hub"));
            return;
        }
        // The SDK forgets what was under way when a connection breaks, so an acknowledgement is not waited for without
        // end.
        CompletableFuture<Boolean> over = new CompletableFuture<>();
        over.thenRun(kept::decrementAndGet);
        Duration left = left(invitation);
        Duration wait = left.compareTo(patience) < 0 ? left : patience;
        over.completeOnTimeout(false, wait.toNanos(), TimeUnit.NANOSECONDS);
        try {
            thread.execute(() -> send(invitation, result, over));
        } catch (RejectedExecutionException e) {
            over.complete(true);
            result.completeExceptionally(new IOException("the signaller is closed"));
        }
    }

    private void send(Invitation invitation, CompletableFuture<Result> result, CompletableFuture<Boolean> over) {
        if (over.isDone()) {
            result.completeExceptionally(new IOException("the IoT hub was not reached in time"));
            return;
        }
        try {
            freshen.run();
            MessagingClient to = open();
            over.thenAccept(known -> {
                if (!known) {
                    suspect = to;
                }
            });
            to.sendAsync(
                    HubDeviceId.escaped(invitation.deviceId()),
                    message(invitation),
                    sent -> acknowledged(sent, result, over),
                    null);
        } catch (IotHubException | IOException | TimeoutException | RuntimeException e) {
            over.complete(true);
            Carrier.fail(result, e);
        } catch (InterruptedException e) {
            over.complete(true);
            result.completeExceptionally(new IOException("the signaller is closed"));
            Thread.currentThread().interrupt();
        }
    }

    private static void acknowledged(
            SendResult sent, CompletableFuture<Result> result, CompletableFuture<Boolean> over) {
        over.complete(true);
        Carrier.settle(result, sent.wasSentSuccessfully() ? null : sent.getException());
    }

    private MessagingClient open() throws IotHubException, IOException, TimeoutException, InterruptedException {
        MessagingClient open = client;
        if (open != null && open != suspect && open.isOpen()) {
            return open;
        }
        if (clock.instant().isBefore(notBefore)) {
            throw new IOException("the connection has just failed");
        }
        discard();
        MessagingClient fresh = clients.get();
        client = fresh;
        boolean opened = false;
        try {
            fresh.open(OPEN_MILLIS);
            opened = true;
        } finally {
            if (!opened) {
                notBefore = clock.instant().plus(PAUSE);
                discard();
            }
        }
        return fresh;
    }

    private void discard() throws InterruptedException {
        MessagingClient old = client;
        client = null;
        suspect = null;
        if (old != null) {
            old.close(1);
        }
    }

    private static Message message(Invitation invitation) {
        Message message =
                new Message(Messages.json(Messages.invitation(invitation)).getBytes(StandardCharsets.UTF_8));
        message.setMessageId(invitation.bridgeId().toString());
        message.setExpiryTimeUtc(Date.from(invitation.expiresAt()));
        message.setDeliveryAcknowledgement(DeliveryAcknowledgement.None);
        message.getProperties().put(Messages.PROPERTY, Messages.INVITATION);
        return message;
    }

    private Duration left(Invitation invitation) {
        Duration left = Duration.between(clock.instant(), invitation.expiresAt());
        return left.isNegative() ? Duration.ZERO : left;
    }

    @Override
    public int kept() {
        return kept.get();
    }

    @Override
    public void close() {
        try {
            thread.execute(() -> {
                try {
                    discard();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
        } catch (RejectedExecutionException e) {
            return; // closed before
        }
        thread.shutdown();
    }
}
