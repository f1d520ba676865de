package io.github.wsbridge.core;

import io.github.wsbridge.Bridge;
import io.github.wsbridge.BridgeId;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.Hop;
import io.github.wsbridge.NodeAddress;
import io.github.wsbridge.spi.BridgeListener;
import io.github.wsbridge.spi.Signaller;
import io.github.wsbridge.spi.Traffic;
import io.github.wsbridge.wire.concurrent.TaskThreads;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.Executor;
import java.util.concurrent.Flow;
import java.util.concurrent.SubmissionPublisher;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A node's events as a reactive stream, for any number of subscribers.
 *
 * <pre>{@code
 * BridgeEvents events = BridgeEvents.create();
 * BridgeNode node = BridgeNode.builder().listener(events)....build();
 * events.subscribe(subscriber);
 * }</pre>
 *
 * <p>A node never waits for a subscriber. Up to 256 events wait for each, or as many as {@link #create(int, Executor)}
 * says; further ones are not delivered to it. It can tell by the {@linkplain BridgeEvent#number numbers}, and
 * {@link #missed} counts them. Subscribers are called on the executor, one event at a time each, in the order of the
 * numbers, and may block. Thread-safe.
 */
public final class BridgeEvents implements BridgeListener, Flow.Publisher<BridgeEvent>, AutoCloseable {

    private static final int CAPACITY = 256;

    private final SubmissionPublisher<BridgeEvent> publisher;
    private final InstantSource clock = InstantSource.system();
    private final LongAdder missed = new LongAdder();
    private final ReentrantLock lock =
            new ReentrantLock(); // so that events are published in the order of their numbers
    private long published;

    private BridgeEvents(int capacity, Executor executor) {
        publisher = new SubmissionPublisher<>(executor, capacity);
    }

    /** Creates a publisher that holds 256 events for each subscriber, and calls them on daemon threads. */
    public static BridgeEvents create() {
        return create(CAPACITY, TaskThreads.shared());
    }

    /**
     * Creates a publisher.
     *
     * @param capacity how many events wait for each subscriber at most; rounded up to a power of two
     * @param executor calls the subscribers
     */
    public static BridgeEvents create(int capacity, Executor executor) {
        return new BridgeEvents(capacity, executor);
    }

    @Override
    public void subscribe(Flow.Subscriber<? super BridgeEvent> subscriber) {
        publisher.subscribe(subscriber);
    }

    /** Returns how many events were not delivered to a subscriber that was too slow, over all subscribers. */
    public long missed() {
        return missed.sum();
    }

    /** Completes all subscribers, after the events that wait for them. Later events are ignored. */
    @Override
    public void close() {
        lock.lock();
        try {
            publisher.close();
        } finally {
            lock.unlock();
        }
    }

    private void publish(BridgeEvent.What what) {
        lock.lock();
        try {
            if (publisher.isClosed()) {
                return;
            }
            published++;
            publisher.offer(new BridgeEvent(published, clock.instant(), what), (subscriber, event) -> {
                missed.increment();
                return false; // it is not tried again
            });
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void onRequested(Bridge bridge, Client requester) {
        publish(new BridgeEvent.Requested(bridge.id(), bridge.deviceId(), requester));
    }

    @Override
    public void onInvited(BridgeId bridgeId, String channel) {
        publish(new BridgeEvent.Invited(bridgeId, channel));
    }

    @Override
    public void onChannelAnswered(BridgeId bridgeId, String channel, Signaller.@Nullable Result result, Duration took) {
        publish(new BridgeEvent.ChannelAnswered(bridgeId, channel, result, took));
    }

    @Override
    public void onSignalled(Bridge bridge, Signaller.Result result) {
        publish(new BridgeEvent.Signalled(bridge.id(), bridge.deviceId(), result));
    }

    @Override
    public void onEstablished(Bridge bridge, Hop hop, Client device) {
        publish(new BridgeEvent.Established(bridge.id(), bridge.deviceId(), hop, device));
    }

    @Override
    public void onClosed(Bridge bridge, CloseReason reason) {
        publish(new BridgeEvent.Closed(
                bridge.id(), bridge.deviceId(), reason, bridge.bytesToDevice(), bridge.bytesToRequester()));
    }

    @Override
    public void onForwarded(BridgeId bridgeId, NodeAddress owner, Client device, Traffic traffic) {
        publish(new BridgeEvent.Forwarded(bridgeId, owner, device));
    }

    @Override
    public void onForwardClosed(BridgeId bridgeId, CloseReason reason) {
        publish(new BridgeEvent.ForwardClosed(bridgeId, reason));
    }

    @Override
    public void onRefused(String where, int status, String remoteAddress) {
        publish(new BridgeEvent.Refused(where, status, remoteAddress));
    }

    @Override
    public void onLimited(Limit limit) {
        publish(new BridgeEvent.Limited(limit));
    }

    @Override
    public void onLockedOut(String remoteAddress, int failures) {
        publish(new BridgeEvent.LockedOut(remoteAddress, failures));
    }

    @Override
    public void onListening(String deviceId, Client by) {
        publish(new BridgeEvent.Listening(deviceId, by));
    }

    @Override
    public void onTakeover(String deviceId, Client older, Client newer) {
        publish(new BridgeEvent.Takeover(deviceId, older, newer));
    }

    @Override
    public void onListenerGone(String deviceId, CloseReason reason) {
        publish(new BridgeEvent.ListenerGone(deviceId, reason));
    }
}
