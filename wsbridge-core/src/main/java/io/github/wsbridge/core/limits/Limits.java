package io.github.wsbridge.core.limits;

import io.github.wsbridge.Watch;
import java.time.Duration;

/**
 * The bounds of one node. Every queue, count, size and wait of a node has one of these.
 *
 * @param maxBridges bridges at a time: pending, live and forwarded together
 * @param maxPendingPerDevice requesters that may wait for one device at a time
 * @param maxListeners devices that may listen on this node at a time
 * @param maxDeviceIdBytes the longest device id, in bytes of UTF-8; at most 1,024
 * @param maxRequestDataBytes the longest request data, in bytes of UTF-8; at most 6,144, so that an invitation fits into one
 *     message however its characters are escaped
 * @param requestsPerSecond requests that one principal may start a second, with bursts of the same size
 * @param acceptTimeout how long a requester waits for its device
 * @param dialTimeout how long dialling another node may take
 * @param peerTimeout how long a peer may take to say whether it holds a device
 * @param admissionTimeout how long the access policy may take
 * @param watch how legs are watched for peers that are gone
 */
public record Limits(
        int maxBridges,
        int maxPendingPerDevice,
        int maxListeners,
        int maxDeviceIdBytes,
        int maxRequestDataBytes,
        int requestsPerSecond,
        Duration acceptTimeout,
        Duration dialTimeout,
        Duration peerTimeout,
        Duration admissionTimeout,
        Watch watch) {

    private static final int MAX_DEVICE_ID_BYTES = 1024;
    private static final int MAX_REQUEST_DATA_BYTES = 6144;

    /** Refuses bounds that would let nothing through, and those above the limits named above. */
    public Limits {
        positive("maxBridges", maxBridges);
        positive("maxPendingPerDevice", maxPendingPerDevice);
        positive("maxListeners", maxListeners);
        between("maxDeviceIdBytes", maxDeviceIdBytes, MAX_DEVICE_ID_BYTES);
        between("maxRequestDataBytes", maxRequestDataBytes, MAX_REQUEST_DATA_BYTES);
        positive("requestsPerSecond", requestsPerSecond);
        positive("acceptTimeout", acceptTimeout);
        positive("dialTimeout", dialTimeout);
        positive("peerTimeout", peerTimeout);
        positive("admissionTimeout", admissionTimeout);
    }

    /** Starts from the defaults. */
    public static Builder builder() {
        return new Builder();
    }

    private static void positive(String name, int value) {
        if (value <= 0) {
            throw new IllegalArgumentException(name + " must be at least 1");
        }
    }

    private static void between(String name, int value, int most) {
        positive(name, value);
        if (value > most) {
            throw new IllegalArgumentException(name + " must be at most " + most);
        }
    }

    private static void positive(String name, Duration value) {
        if (value.compareTo(Duration.ZERO) <= 0) {
            throw new IllegalArgumentException(name + " must be longer than nothing");
        }
    }

    /** Collects limits; what is not set keeps its default. */
    public static final class Builder {
        private int maxBridges = 10_000;
        private int maxPendingPerDevice = 100;
        private int maxListeners = 10_000;
        private int maxDeviceIdBytes = 256;
        private int maxRequestDataBytes = 4096;
        private int requestsPerSecond = 10_000;
        private Duration acceptTimeout = Duration.ofSeconds(30);
        private Duration dialTimeout = Duration.ofSeconds(5);
        private Duration peerTimeout = Duration.ofSeconds(3);
        private Duration admissionTimeout = Duration.ofSeconds(10);
        private Watch watch = new Watch(Duration.ofSeconds(30), Duration.ofMinutes(15));

        private Builder() {}

        /** Default 10,000. */
        public Builder maxBridges(int value) {
            maxBridges = value;
            return this;
        }

        /** Default 100. */
        public Builder maxPendingPerDevice(int value) {
            maxPendingPerDevice = value;
            return this;
        }

        /** Default 10,000. */
        public Builder maxListeners(int value) {
            maxListeners = value;
            return this;
        }

        /** Default 256 bytes, at most 1,024. */
        public Builder maxDeviceIdBytes(int value) {
            maxDeviceIdBytes = value;
            return this;
        }

        /** Default 4,096 bytes, at most 6,144. */
        public Builder maxRequestDataBytes(int value) {
            maxRequestDataBytes = value;
            return this;
        }

        /** Default 10,000 a second. */
        public Builder requestsPerSecond(int value) {
            requestsPerSecond = value;
            return this;
        }

        /** Default 30 seconds. */
        public Builder acceptTimeout(Duration value) {
            acceptTimeout = value;
            return this;
        }

        /** Default 5 seconds. */
        public Builder dialTimeout(Duration value) {
            dialTimeout = value;
            return this;
        }

        /** Default 3 seconds. */
        public Builder peerTimeout(Duration value) {
            peerTimeout = value;
            return this;
        }

        /** Default 10 seconds. */
        public Builder admissionTimeout(Duration value) {
            admissionTimeout = value;
            return this;
        }

        /** Default: a look every 30 seconds, and 15 minutes for a send that stalls. */
        public Builder watch(Watch value) {
            watch = value;
            return this;
        }

        /** The limits. */
        public Limits build() {
            return new Limits(
                    maxBridges,
                    maxPendingPerDevice,
                    maxListeners,
                    maxDeviceIdBytes,
                    maxRequestDataBytes,
                    requestsPerSecond,
                    acceptTimeout,
                    dialTimeout,
                    peerTimeout,
                    admissionTimeout,
                    watch);
        }
    }
}
