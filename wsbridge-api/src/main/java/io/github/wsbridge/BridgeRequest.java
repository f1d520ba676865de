package io.github.wsbridge;

import java.nio.charset.StandardCharsets;

/**
 * A requester's request for a bridge.
 *
 * @param deviceId the device to reach; not empty, without control characters
 * @param requestData data from the requester for the device, carried unchanged; may be empty
 * @param reason why the requester wants the bridge, in its own words, for people at the device; at most {@value
 *     #MAX_REASON} bytes of UTF-8 without control characters; may be empty
 */
public record BridgeRequest(String deviceId, String requestData, String reason) {

    /** The maximum length of a reason, in bytes of UTF-8. */
    public static final int MAX_REASON = 256;

    /** Validates the device id and the reason. */
    public BridgeRequest {
        if (deviceId.isEmpty() || deviceId.chars().anyMatch(Character::isISOControl)) {
            throw new IllegalArgumentException("a device id must not be empty or contain control characters");
        }
        if (reason.getBytes(StandardCharsets.UTF_8).length > MAX_REASON
                || reason.chars().anyMatch(Character::isISOControl)) {
            throw new IllegalArgumentException(
                    "a reason must not be longer than " + MAX_REASON + " bytes or contain control characters");
        }
    }

    /** A request without a reason. */
    public BridgeRequest(String deviceId, String requestData) {
        this(deviceId, requestData, "");
    }

    /** A request without request data. */
    public BridgeRequest(String deviceId) {
        this(deviceId, "", "");
    }

    /** Shows the device only; request data may be secret. */
    @Override
    public String toString() {
        return "BridgeRequest[" + deviceId + "]";
    }
}
