package io.github.wsbridge.testkit;

import io.github.wsbridge.Bridge;
import io.github.wsbridge.BridgeId;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.Hop;
import io.github.wsbridge.NodeAddress;
import io.github.wsbridge.spi.BridgeListener;
import io.github.wsbridge.spi.Signaller;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.awaitility.Awaitility;

/** A listener that records all calls, in order. Thread-safe. */
public final class RecordingListener implements BridgeListener {

    private final List<Event> events = new CopyOnWriteArrayList<>();

    /** Creates a listener without recorded calls. */
    public RecordingListener() {}

    /**
     * One call.
     *
     * @param name the method's name without its {@code on}, such as {@code Established}
     * @param subject the bridge's id, the device id or the endpoint's path
     * @param detail the second argument; for {@code Refused} the status
     */
    public record Event(String name, Object subject, Object detail) {}

    @Override
    public void onRequested(Bridge bridge, String principal) {
        events.add(new Event("Requested", bridge.id(), principal));
    }

    @Override
    public void onSignalled(Bridge bridge, Signaller.Result result) {
        events.add(new Event("Signalled", bridge.id(), result));
    }

    @Override
    public void onEstablished(Bridge bridge, Hop hop) {
        events.add(new Event("Established", bridge.id(), hop));
    }

    @Override
    public void onClosed(Bridge bridge, CloseReason reason) {
        events.add(new Event("Closed", bridge.id(), reason));
    }

    @Override
    public void onForwarded(BridgeId bridgeId, NodeAddress owner) {
        events.add(new Event("Forwarded", bridgeId, owner));
    }

    @Override
    public void onForwardClosed(BridgeId bridgeId, CloseReason reason) {
        events.add(new Event("ForwardClosed", bridgeId, reason));
    }

    @Override
    public void onRefused(String where, int status, String remoteAddress) {
        events.add(new Event("Refused", where, status));
    }

    @Override
    public void onLockedOut(String remoteAddress, int failures) {
        events.add(new Event("LockedOut", remoteAddress, failures));
    }

    @Override
    public void onListening(String deviceId) {
        events.add(new Event("Listening", deviceId, ""));
    }

    @Override
    public void onTakeover(String deviceId, Client older, Client newer) {
        events.add(new Event("Takeover", deviceId, List.of(older, newer)));
    }

    @Override
    public void onListenerGone(String deviceId, CloseReason reason) {
        events.add(new Event("ListenerGone", deviceId, reason));
    }

    /** Returns all calls so far. */
    public List<Event> events() {
        return List.copyOf(events);
    }

    /** Returns the names of all calls so far. */
    public List<String> names() {
        return events.stream().map(Event::name).toList();
    }

    /** Returns the calls with this name so far. */
    public List<Event> events(String name) {
        return events.stream().filter(event -> event.name().equals(name)).toList();
    }

    /** Waits for the first call with this name. */
    public Event await(String name, Duration patience) {
        Awaitility.await(name)
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(5))
                .atMost(patience)
                .until(() -> names().contains(name));
        return events(name).get(0);
    }
}
