package io.github.wsbridge.signal.mqtt;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.DeviceState;
import io.github.wsbridge.Invitation;
import io.github.wsbridge.spi.InvitationSource;
import io.github.wsbridge.spi.InvitationSource.Answer;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * The device of an invitation source. Like {@code BridgeDevice}, it rejects through the source before it completes the
 * answer.
 */
final class HeardInvitations implements InvitationSource.Sink, AutoCloseable {

    static final Function<Invitation, Answer> ACCEPT = invitation -> new Answer.Accepted();

    private final InvitationSource source;
    private final Function<Invitation, Answer> device;
    private final Semaphore listening = new Semaphore(0);

    final BlockingQueue<Invitation> heard = new LinkedBlockingQueue<>();
    final BlockingQueue<Boolean> rejectionsTaken = new LinkedBlockingQueue<>();
    final CompletableFuture<CloseReason> ended = new CompletableFuture<>();
    final CompletableFuture<DeviceState.Replaced> replaced = new CompletableFuture<>();

    /** Starts a source. The device may block. */
    HeardInvitations(InvitationSource source, Function<Invitation, Answer> device) {
        this.source = source;
        this.device = device;
        source.start(this);
    }

    static HeardInvitations listen(MqttBroker broker, String deviceId, Function<Invitation, Answer> device)
            throws InterruptedException {
        return new HeardInvitations(MqttInvitations.create(broker, deviceId), device).awaitListening();
    }

    /** Waits until it listens again. */
    HeardInvitations awaitListening() throws InterruptedException {
        if (!listening.tryAcquire(20, TimeUnit.SECONDS)) {
            throw new AssertionError("the device is not listening");
        }
        return this;
    }

    Invitation take() throws InterruptedException {
        Invitation next = heard.poll(20, TimeUnit.SECONDS);
        if (next == null) {
            throw new AssertionError("the device received nothing");
        }
        return next;
    }

    @Override
    public void listening() {
        listening.release();
    }

    @Override
    public CompletionStage<Answer> offer(Invitation invitation) {
        heard.add(invitation);
        return CompletableFuture.supplyAsync(
                () -> {
                    Answer answer = device.apply(invitation);
                    if (answer instanceof Answer.Rejected no) {
                        rejectionsTaken.add(source.reject(invitation, no.rejection())
                                .toCompletableFuture()
                                .orTimeout(20, TimeUnit.SECONDS)
                                .join());
                    }
                    return answer;
                },
                task -> {
                    Thread thread = new Thread(task, "device");
                    thread.setDaemon(true);
                    thread.start();
                });
    }

    @Override
    public void state(DeviceState state) {
        if (state instanceof DeviceState.Replaced told) {
            replaced.complete(told);
        }
    }

    @Override
    public void ended(CloseReason reason) {
        ended.complete(reason);
    }

    @Override
    public void close() {
        try {
            source.close();
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }
}
