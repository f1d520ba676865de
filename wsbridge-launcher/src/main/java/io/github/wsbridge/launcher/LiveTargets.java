package io.github.wsbridge.launcher;

import io.github.wsbridge.client.BridgeDevice;
import io.github.wsbridge.client.IncomingBridge;
import io.github.wsbridge.client.TunnelTargets;
import java.util.Set;

/** The targets of a device, which change while it runs. Bridges that exist keep theirs. Thread-safe. */
final class LiveTargets implements BridgeDevice.Handler {

    static final Set<String> NAMES = Set.of("target", "allow-any", "allow-networks", "deny-networks");

    private volatile TunnelTargets current;

    LiveTargets(TunnelTargets first) {
        current = first;
    }

    void change(TunnelTargets next) {
        current = next;
    }

    Set<String> names() {
        return current.names();
    }

    @Override
    public void handle(IncomingBridge incoming) {
        current.handle(incoming);
    }

    @Override
    public boolean mayBlock() {
        return false; // no targets do
    }
}
