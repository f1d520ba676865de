package io.github.wsbridge.signal.iothub;

import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyInt;

import com.microsoft.azure.sdk.iot.device.ConnectionStatusChangeContext;
import com.microsoft.azure.sdk.iot.device.DeviceClient;
import com.microsoft.azure.sdk.iot.device.IotHubConnectionStatusChangeCallback;
import com.microsoft.azure.sdk.iot.device.IotHubConnectionStatusChangeReason;
import com.microsoft.azure.sdk.iot.device.MessageCallback;
import com.microsoft.azure.sdk.iot.device.transport.IotHubConnectionStatus;
import com.microsoft.azure.sdk.iot.device.twin.MethodCallback;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.mockito.Mockito;

/** Device clients as seen by a hub: they open, subscribe and close. */
final class HubDevices {

    private HubDevices() {}

    /**
     * Creates a client that is registered in {@code methods} and {@code messages} while it is open.
     */
    static DeviceClient client(
            String deviceId,
            Set<String> registered,
            Map<String, MethodCallback> methods,
            Map<String, MessageCallback> messages) {
        DeviceClient client = Mockito.mock(DeviceClient.class, Mockito.RETURNS_DEEP_STUBS);
        Mockito.when(client.getConfig().getDeviceId()).thenReturn(deviceId);
        registered.add(deviceId);
        try {
            Mockito.doAnswer(call -> messages.put(deviceId, call.getArgument(0)))
                    .when(client)
                    .setMessageCallback(any(), any());
            Mockito.doAnswer(call -> methods.put(deviceId, call.getArgument(0)))
                    .when(client)
                    .subscribeToMethods(any(), any(), anyInt());
        } catch (Exception e) {
            throw new AssertionError(e);
        }
        AtomicReference<IotHubConnectionStatusChangeCallback> status = new AtomicReference<>();
        Mockito.doAnswer(call -> {
                    status.set(call.getArgument(0));
                    return null;
                })
                .when(client)
                .setConnectionStatusChangeCallback(any(), any());
        Mockito.doAnswer(call -> {
                    methods.remove(deviceId);
                    messages.remove(deviceId);
                    if (status.get() != null) { // as the SDK does
                        status.get().onStatusChanged(disconnected(IotHubConnectionStatusChangeReason.CLIENT_CLOSE));
                    }
                    return null;
                })
                .when(client)
                .close();
        return client;
    }

    static ConnectionStatusChangeContext disconnected(IotHubConnectionStatusChangeReason reason) {
        return new ConnectionStatusChangeContext(
                IotHubConnectionStatus.DISCONNECTED, IotHubConnectionStatus.CONNECTED, reason, null, null);
    }
}
