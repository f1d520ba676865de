package io.github.wsbridge.client.tls;

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
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;

/** A dialer that brings each request to a handler in the same process, through a relay that may be hostile. */
final class Hall implements DeviceDialer {

    final List<String> requests = new CopyOnWriteArrayList<>();
    final List<HostileRelay> relays = new CopyOnWriteArrayList<>();
    private final BridgeDevice.Handler handler;

    Hall(BridgeDevice.Handler handler) {
        this.handler = handler;
    }

    @Override
    public CompletableFuture<BridgeLeg> leg(String deviceId, String requestData) {
        requests.add(requestData);
        HostileRelay relay = new HostileRelay();
        relays.add(relay);
        Incoming incoming = new Incoming(deviceId, requestData, relay, new CompletableFuture<>());
        TaskThreads.shared().execute(() -> {
            try {
                handler.handle(incoming);
            } catch (Exception e) {
                incoming.reject(500, "it has thrown");
            }
        });
        return incoming.answer();
    }

    private record Incoming(
            String deviceId, String requestData, HostileRelay relay, CompletableFuture<BridgeLeg> answer)
            implements IncomingBridge {

        @Override
        public BridgeId bridgeId() {
            return BridgeId.parse("0123456789abcdef0123456789abcdef");
        }

        @Override
        public String principal() {
            return "as the node says";
        }

        @Override
        public Instant expiresAt() {
            return Instant.MAX;
        }

        @Override
        public CompletableFuture<BridgeChannel> accept() {
            return acceptLeg().thenApplyAsync(BridgeChannel::over);
        }

        @Override
        public CompletableFuture<BridgeLeg> acceptLeg() {
            answer.complete(TlsEnds.bridge(relay.requester()));
            return CompletableFuture.completedFuture(TlsEnds.bridge(relay.device()));
        }

        @Override
        public boolean reject(int code, String reason) {
            return answer.completeExceptionally(new BridgeException(CloseReason.rejected(new Rejection(code, reason))));
        }
    }
}
