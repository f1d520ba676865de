package io.github.wsbridge.signal.iothub;

import com.microsoft.azure.sdk.iot.service.exceptions.ErrorCodeDescription;
import com.microsoft.azure.sdk.iot.service.exceptions.IotHubDeviceMaximumQueueDepthExceededException;
import com.microsoft.azure.sdk.iot.service.exceptions.IotHubException;
import com.microsoft.azure.sdk.iot.service.exceptions.IotHubGatewayTimeoutException;
import com.microsoft.azure.sdk.iot.service.exceptions.IotHubNotFoundException;
import com.microsoft.azure.sdk.iot.service.exceptions.IotHubTooManyRequestsException;
import io.github.wsbridge.spi.Signaller.Result;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Translates a hub's failures to results of an invitation. */
final class HubFailures {

    private static final int DEVICE_NOT_FOUND = 404001;
    private static final int DEVICE_NOT_CONNECTED = 404103;

    /** The SDK's code for AMQP, where only a message's address, that is its device, can be not found. */
    private static final int NO_CODE = 0;

    /** AMQP error conditions for which the SDK has no exception. */
    private static final List<String> THROTTLED =
            List.of("com.microsoft:device-container-throttled", "com.microsoft:quota-exceeded");

    private HubFailures() {}

    /**
     * Returns the meaning of a failure.
     *
     * @return the result of the invitation; null if it is not known, for example because the device has not answered in
     *     time
     * @throws IOException if the channel itself failed. It has no cause: the hub's message may quote the request, which
     *     contains the token
     */
    static @Nullable Result meaning(Exception failure) throws IOException {
        if (!(failure instanceof IotHubException hub)) {
            throw new IOException(
                    "the IoT hub cannot be reached: " + failure.getClass().getSimpleName());
        }
        if (hub instanceof IotHubGatewayTimeoutException) {
            return null; // 504101: connected, but not answering; the accept timeout decides
        }
        Result missing = hub instanceof IotHubNotFoundException ? missing(hub) : null;
        if (missing != null) {
            return missing;
        }
        if (hub instanceof IotHubTooManyRequestsException || throttled(hub)) {
            return new Result.Throttled("the IoT hub is over its limit");
        }
        if (hub instanceof IotHubDeviceMaximumQueueDepthExceededException
                || hub.getErrorCodeDescription() == ErrorCodeDescription.DeviceMaximumQueueDepthExceeded) {
            return new Result.Throttled("too many messages are queued for the device");
        }
        throw new IOException(
                "the IoT hub refused the request: " + hub.getClass().getSimpleName() + ", code " + hub.getErrorCode());
    }

    /** Returns a result if the device was not found, as opposed to a hub, a path or a proxy's page. */
    private static @Nullable Result missing(IotHubException hub) {
        if (hub.getErrorCode() == DEVICE_NOT_CONNECTED) {
            return new Result.Unreachable("the device is not connected to the IoT hub");
        }
        return hub.getErrorCode() == DEVICE_NOT_FOUND || hub.getErrorCode() == NO_CODE
                ? new Result.Unreachable("the IoT hub does not know the device")
                : null;
    }

    private static boolean throttled(IotHubException hub) {
        ErrorCodeDescription code = hub.getErrorCodeDescription();
        String message = hub.getMessage(); // for AMQP: the condition and the hub's description
        return code == ErrorCodeDescription.ThrottlingException
                || code == ErrorCodeDescription.ThrottleBacklogLimitExceeded
                || code == ErrorCodeDescription.IotHubQuotaExceeded
                || message != null && THROTTLED.stream().anyMatch(message::startsWith);
    }
}
