package io.github.wsbridge;

/**
 * What a requester asks for.
 *
 * @param deviceId the device to reach: not empty, no control characters
 * @param requestData what the requester tells the device, carried as it is; empty where there is nothing to tell
 */
public record BridgeRequest(String deviceId, String requestData) {

    /** Refuses an empty device id and control characters in it. */
    public BridgeRequest {
        if (deviceId.isEmpty() || deviceId.chars().anyMatch(Character::isISOControl)) {
            throw new IllegalArgumentException("a device id is not empty and has no control characters");
        }
    }

    /** A request that tells the device nothing. */
    public BridgeRequest(String deviceId) {
        this(deviceId, "");
    }

    /** Shows the device only: request data may be a secret. */
    @Override
    public String toString() {
        return "BridgeRequest[" + deviceId + "]";
    }
}
