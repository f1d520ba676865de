package io.github.wsbridge.signal.iothub;

import com.microsoft.azure.sdk.iot.service.exceptions.IotHubException;
import com.microsoft.azure.sdk.iot.service.messaging.DeliveryAcknowledgement;
import com.microsoft.azure.sdk.iot.service.messaging.Message;
import com.microsoft.azure.sdk.iot.service.messaging.MessagingClient;
import io.github.wsbridge.Invitation;
import io.github.wsbridge.spi.Signaller.Result;
import io.github.wsbridge.wire.concurrent.Daemons;
import io.github.wsbridge.wire.message.InvitationJson;
import io.github.wsbridge.wire.message.JsonMessage;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Date;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
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
    private static final String CLOSED = "the signaller is closed";
    private static final String LATE = "the IoT hub was not reached in time";

    /** After a connection that failed, others are not even tried for so long. */
    private static final Duration PAUSE = Duration.ofSeconds(1);

    private final Supplier<MessagingClient> clients;
    private final Runnable freshen;
    private final Future<?> renewal;
    private final Duration patience;
    private final int maxWaiting;
    private final InstantSource clock;
    private final Timers timers;
    private final AtomicInteger kept = new AtomicInteger();
    private final AtomicInteger heard = new AtomicInteger(); // acknowledgements, of whatever message

    /** One thread. Its line needs no bound of its own: whoever is in it is kept, and those are bounded. */
    private final ThreadPoolExecutor line = new ThreadPoolExecutor(
            1, 1, 0, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), Daemons.named("wsbridge-iothub-sender-"));

    private volatile boolean closed;

    // Used by the one thread only.
    private @Nullable MessagingClient client;
    private Instant notBefore = Instant.MIN;

    /** The client whose connection has swallowed a message: the SDK is sometimes the last to notice that one has been lost. */
    private volatile @Nullable MessagingClient suspect;

    /**
     * A carrier.
     *
     * @param freshen renews the credential that the clients have: called before each use, and from time to time, since a
     *     connection that carries nothing uses it too
     * @param patience how long an acknowledgement may take before the connection is taken for lost
     */
    MessageCarrier(
            Supplier<MessagingClient> clients,
            Runnable freshen,
            Duration patience,
            int maxWaiting,
            InstantSource clock,
            Timers timers) {
        this.clients = clients;
        this.freshen = freshen;
        this.patience = patience;
        this.maxWaiting = maxWaiting;
        this.clock = clock;
        this.timers = timers;
        this.renewal = timers.every(SharedAccess.PERIOD, freshen);
    }

    @Override
    public void carry(Invitation invitation, CompletableFuture<Result> result) {
        if (kept.incrementAndGet() > maxWaiting) {
            kept.decrementAndGet();
            result.complete(new Result.Throttled("too many invitations wait for the IoT hub"));
            return;
        }
        Parcel parcel = new Parcel(invitation, result);
        parcel.handled.runAfterBoth(parcel.over, kept::decrementAndGet);
        try {
            line.execute(parcel);
        } catch (RejectedExecutionException e) {
            parcel.fail(CLOSED);
            return;
        }
        Future<?> expiry = timers.after(Carrier.left(invitation, clock), parcel::expired);
        parcel.over.thenRun(() -> Timers.cancel(expiry));
    }

    /** A message on its way: in the line, in the thread's hands, and then with the SDK. */
    private final class Parcel implements Runnable {
        private final Invitation invitation;
        private final CompletableFuture<Result> result;

        /** Neither in the line any more nor in the thread's hands. */
        private final CompletableFuture<Void> handled = new CompletableFuture<>();

        /** Nothing more is waited for: it has been answered, has failed or has expired. */
        private final CompletableFuture<Void> over = new CompletableFuture<>();

        Parcel(Invitation invitation, CompletableFuture<Result> result) {
            this.invitation = invitation;
            this.result = result;
        }

        @Override
        public void run() {
            if (closed) { // or a connection would be opened that nobody closes
                fail(CLOSED);
                return;
            }
            try {
                send();
            } catch (IotHubException | IOException | TimeoutException | RuntimeException e) {
                handled.complete(null);
                over.complete(null);
                Carrier.fail(result, e);
            } catch (InterruptedException e) {
                fail(CLOSED);
                Thread.currentThread().interrupt();
            }
        }

        private void send() throws IotHubException, IOException, TimeoutException, InterruptedException {
            freshen.run();
            MessagingClient to = open();
            if (over.isDone()) {
                fail(LATE);
                return;
            }
            handled.complete(null);
            int before = heard.get();
            CompletableFuture<Void> answered = new CompletableFuture<>();
            to.sendAsync(
                    HubDeviceId.escaped(invitation.deviceId()),
                    message(invitation),
                    sent -> {
                        heard.incrementAndGet();
                        answered.complete(null);
                        over.complete(null);
                        Carrier.settle(result, sent.wasSentSuccessfully() ? null : sent.getException());
                    },
                    null);
            // From now on, whatever the invitation's time: that it waited before is not the connection's fault. A
            // connection that is given up takes all with it that is under way; one on which others are answered lives.
            Future<?> silence = timers.after(patience, () -> {
                if (heard.get() == before) {
                    suspect = to;
                }
            });
            answered.thenRun(() -> Timers.cancel(silence));
        }

        /** What has been sent may still arrive, so its result stays open. */
        private void expired() {
            over.complete(null);
            if (line.remove(this)) {
                fail(LATE);
            }
        }

        private void fail(String why) {
            handled.complete(null);
            over.complete(null);
            result.completeExceptionally(new IOException(why));
        }
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
        Message message = new Message(JsonMessage.write(InvitationJson.write(invitation)));
        message.setMessageId(invitation.bridgeId().toString());
        message.setExpiryTimeUtc(Date.from(invitation.expiresAt()));
        message.setDeliveryAcknowledgement(DeliveryAcknowledgement.None);
        message.getProperties().put(HubNames.PROPERTY, InvitationJson.TYPE);
        return message;
    }

    @Override
    public int kept() {
        return kept.get();
    }

    /** What waits fails, and so does what the hub has not acknowledged. */
    @Override
    public void close() {
        closed = true;
        renewal.cancel(false);
        try {
            line.execute(() -> {
                try {
                    discard();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
        } catch (RejectedExecutionException e) {
            return; // closed before
        }
        line.shutdown();
    }
}
