package io.github.wsbridge;

/**
 * A requester's request for a bridge.
 *
 * @param deviceId the device to reach; not empty, without control characters
 * @param requestData data from the requester for the device, carried unchanged; may be empty
 */
public record BridgeRequest(String deviceId, String requestData) {

    /** Validates the device id. */
    public BridgeRequest {
        if (deviceId.isEmpty() || deviceId.chars().anyMatch(Character::isISOControl)) {
            throw new IllegalArgumentException("a device id must not be empty or contain control characters");
        }
    }

    /** A request without request data. */
    public BridgeRequest(String deviceId) {
        this(deviceId, "");
    }

    /** Shows the device only; request data may be secret. */
    @Override
    public String toString() {
        return "BridgeRequest[" + deviceId + "]";
    }
}
