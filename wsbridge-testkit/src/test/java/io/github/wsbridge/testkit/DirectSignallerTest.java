package io.github.wsbridge.testkit;

import io.github.wsbridge.Invitation;
import io.github.wsbridge.spi.Signaller;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** Shows that the suite can be passed, with devices inside this process. */
class DirectSignallerTest extends SignallerContract {

    private final Map<String, Device> devices = new ConcurrentHashMap<>();

    @Override
    protected Signaller newSignaller() {
        return new DirectSignaller(devices);
    }

    @Override
    protected AutoCloseable startDevice(String deviceId, Device device) {
        devices.put(deviceId, device);
        return () -> devices.remove(deviceId);
    }

    private static final class DirectSignaller implements Signaller {

        private final Map<String, Device> devices;
        private final ExecutorService threads = Executors.newCachedThreadPool();

        DirectSignaller(Map<String, Device> devices) {
            this.devices = devices;
        }

        @Override
        public CompletionStage<Result> signal(Invitation invitation) {
            Device device = devices.get(invitation.deviceId());
            if (device == null) {
                return CompletableFuture.completedFuture(new Result.Unreachable("no such device"));
            }
            return CompletableFuture.supplyAsync(
                    () -> device.invited(new Heard(invitation.acceptUrl().toString(), invitation.requestData())),
                    threads);
        }

        @Override
        public void close() {
            threads.shutdownNow();
        }
    }
}
