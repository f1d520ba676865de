package io.github.wsbridge.session;

import io.github.wsbridge.BridgeException;
import io.github.wsbridge.BridgeId;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.Rejection;
import io.github.wsbridge.client.BridgeChannel;
import io.github.wsbridge.client.BridgeDevice;
import io.github.wsbridge.client.BridgeLeg;
import io.github.wsbridge.client.DeviceDialer;
import io.github.wsbridge.client.IncomingBridge;
import io.github.wsbridge.wire.concurrent.TaskThreads;
import io.github.wsbridge.wire.relay.ForwardingLeg;
import io.github.wsbridge.wire.relay.LocalLeg;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ThreadLocalRandom;

/** Bridges to a device in this process, without nodes. */
final class MemoryDevice implements DeviceDialer {

    final List<String> asked = new CopyOnWriteArrayList<>();
    final List<Leg> devicesEnds = new CopyOnWriteArrayList<>();
    private final BridgeDevice.Handler handler;

    MemoryDevice(BridgeDevice.Handler handler) {
        this.handler = handler;
    }

    @Override
    public CompletableFuture<BridgeLeg> leg(String deviceId, String requestData) {
        asked.add(requestData);
        CompletableFuture<BridgeLeg> result = new CompletableFuture<>();
        Incoming incoming = new Incoming(deviceId, requestData, result);
        TaskThreads.shared().execute(() -> {
            try {
                handler.handle(incoming);
            } catch (Exception e) {
                incoming.reject(500, "failed");
            }
        });
        return result;
    }

    private final class Incoming implements IncomingBridge {
        private final BridgeId id = BridgeId.random(ThreadLocalRandom.current());
        private final String deviceId;
        private final String requestData;
        private final CompletableFuture<BridgeLeg> result;

        Incoming(String deviceId, String requestData, CompletableFuture<BridgeLeg> result) {
            this.deviceId = deviceId;
            this.requestData = requestData;
            this.result = result;
        }

        @Override
        public BridgeId bridgeId() {
            return id;
        }

        @Override
        public String deviceId() {
            return deviceId;
        }

        @Override
        public String requestData() {
            return requestData;
        }

        @Override
        public String principal() {
            return "somebody";
        }

        @Override
        public Instant expiresAt() {
            return Instant.now().plusSeconds(30);
        }

        @Override
        public CompletableFuture<BridgeChannel> accept() {
            return acceptLeg().thenApply(BridgeChannel::over);
        }

        @Override
        public CompletableFuture<BridgeLeg> acceptLeg() {
            LocalLeg near = LocalLeg.pair("wsbridge.v1");
            Leg far = new Leg(near.other(), id);
            devicesEnds.add(far);
            result.complete(new Leg(near, id));
            return CompletableFuture.completedFuture(far);
        }

        @Override
        public boolean reject(int code, String reason) {
            return result.completeExceptionally(new BridgeException(CloseReason.rejected(new Rejection(code, reason))));
        }
    }

    /** One end of a bridge. */
    static final class Leg extends ForwardingLeg implements BridgeLeg {
        private final BridgeId id;

        Leg(LocalLeg leg, BridgeId id) {
            super(leg);
            this.id = id;
        }

        @Override
        public BridgeId bridgeId() {
            return id;
        }
    }
}
