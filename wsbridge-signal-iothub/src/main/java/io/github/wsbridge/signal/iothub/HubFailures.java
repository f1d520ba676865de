package io.github.wsbridge.signal.iothub;

import com.microsoft.azure.sdk.iot.service.exceptions.ErrorCodeDescription;
import com.microsoft.azure.sdk.iot.service.exceptions.IotHubDeviceMaximumQueueDepthExceededException;
import com.microsoft.azure.sdk.iot.service.exceptions.IotHubException;
import com.microsoft.azure.sdk.iot.service.exceptions.IotHubGatewayTimeoutException;
import com.microsoft.azure.sdk.iot.service.exceptions.IotHubNotFoundException;
import com.microsoft.azure.sdk.iot.service.exceptions.IotHubTooManyRequestsException;
import io.github.wsbridge.spi.Signaller.Result;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** What a hub's error codes mean for an invitation. */
final class HubFailures {

    private static final int DEVICE_NOT_FOUND = 404001;

    private HubFailures() {}

    /**
     * The meaning of a failure.
     *
     * @return what became of the invitation; null where that is not known, as when the device has not answered in time
     * @throws IOException if the channel itself is in trouble. It has no cause: the hub's words may quote the request, which
     *     holds the token
     */
    static @Nullable Result meaning(Exception failure) throws IOException {
        if (!(failure instanceof IotHubException hub)) {
            throw new IOException(
                    "the IoT hub cannot be reached: " + failure.getClass().getSimpleName());
        }
        if (hub instanceof IotHubGatewayTimeoutException) {
            return null; // 504101: connected, but silent; the accept timeout decides
        }
        if (hub instanceof IotHubNotFoundException) {
            return new Result.Unreachable(
                    hub.getErrorCode() == DEVICE_NOT_FOUND
                            ? "the IoT hub does not know the device"
                            : "the device is not connected to the IoT hub");
        }
        if (hub instanceof IotHubTooManyRequestsException || throttled(hub.getErrorCodeDescription())) {
            return new Result.Throttled("the IoT hub is over its limit");
        }
        if (hub instanceof IotHubDeviceMaximumQueueDepthExceededException
                || hub.getErrorCodeDescription() == ErrorCodeDescription.DeviceMaximumQueueDepthExceeded) {
            return new Result.Throttled("too many messages wait for the device");
        }
        throw new IOException(
                "the IoT hub refuses: " + hub.getClass().getSimpleName() + ", code " + hub.getErrorCode());
    }

    private static boolean throttled(@Nullable ErrorCodeDescription code) {
        return code == ErrorCodeDescription.ThrottlingException
                || code == ErrorCodeDescription.ThrottleBacklogLimitExceeded
                || code == ErrorCodeDescription.IotHubQuotaExceeded;
    }
}
