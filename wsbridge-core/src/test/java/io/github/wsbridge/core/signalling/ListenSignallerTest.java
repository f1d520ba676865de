package io.github.wsbridge.core.signalling;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.core.Json;
import io.github.wsbridge.core.limits.FairShare;
import io.github.wsbridge.core.limits.Holder;
import io.github.wsbridge.spi.BridgeListener;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.spi.Signaller;
import io.github.wsbridge.testkit.SignallerContract;
import io.github.wsbridge.wire.relay.LocalLeg;
import java.time.Instant;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;

/** The listen socket as a secondary channel; {@code PeersTest} tests it across peers. */
class ListenSignallerTest extends SignallerContract {

    private final DeviceListeners listeners =
            new DeviceListeners(100, FairShare.unlimited(), new BridgeListener() {}, (token, rejection) -> {});

    @Override
    protected Signaller newSignaller() {
        return new ListenSignaller(listeners, invitation -> CompletableFuture.completedFuture(false), invitation -> {});
    }

    @Override
    protected AutoCloseable startDevice(String deviceId, Device device) {
        LocalLeg node = LocalLeg.pair("");
        Leg leg = node.other();
        BlockingQueue<Heard> heard = new LinkedBlockingQueue<>();
        leg.open(new Leg.Receiver() {
            @Override
            public void onFragment(Fragment fragment) {
                heard.add(new Heard(Json.text(fragment, "acceptUrl"), Json.text(fragment, "requestData")));
                leg.demand();
            }

            @Override
            public void onClosed(CloseReason reason) {}
        });
        leg.demand();
        listeners
                .expect(deviceId)
                .open(node, Instant.EPOCH, new BridgeListener.Client("", ""), Holder.NOBODY, () -> true);
        Thread thread = new Thread(() -> {
            try {
                while (true) {
                    device.invited(heard.take());
                }
            } catch (InterruptedException e) {
                // the device leaves
            }
        });
        thread.setDaemon(true);
        thread.start();
        return () -> {
            leg.close(CloseReason.normal());
            thread.interrupt();
        };
    }

    /** Rejections arrive later, as separate messages, and the node ends the bridge itself. */
    @Override
    protected boolean carriesRejections() {
        return false;
    }
}
