package io.github.wsbridge.core.limits;

import io.github.wsbridge.Watch;
import java.time.Duration;
import java.time.temporal.ChronoUnit;

/**
 * The limits of a node. Every queue, count, size and wait of a node is bounded by one of these.
 *
 * @param maxBridges the maximum number of bridges at a time: pending, live and forwarded together
 * @param maxPendingPerDevice the maximum number of requesters waiting for one device at a time; those with the same
 *     request data may take at most three quarters of what others leave free
 * @param maxListeners the maximum number of devices listening on this node at a time
 * @param maxDeviceIdBytes the maximum length of a device id, in bytes of UTF-8; at most 1,024
 * @param maxRequestDataBytes the maximum length of request data, in bytes of UTF-8; at most 6,144, so that an
 *     invitation fits into one message however its characters are escaped
 * @param requestsPerSecond the maximum number of requests per second of one principal, with bursts of the same size
 * @param addressRate the maximum number of handshakes per second from one address (IPv6: one /64), with bursts of the
 *     same size, not counting those of other nodes
 * @param failedCredentials how often one address may present invalid credentials in ten minutes until it is answered
 *     with 429; from a quarter of that on, the answers are slowed down
 * @param principalShare the share of bridges, of requesters waiting for a device, and of listening devices, that one
 *     principal may have, in percent of those that nobody else has; with 100 it may take all
 * @param addressShare the same for one address (IPv6: one /64)
 * @param bridgeBandwidth the maximum number of bytes per second of a bridge, both directions together; 0 for no limit.
 *     With a limit, bytes are not passed on as directly as without, which costs CPU time
 * @param principalBandwidth the same for all bridges of one principal together
 * @param maxIdle how long a bridge may carry nothing, half-closed or not; zero for no limit
 * @param maxLifetime how long a bridge may last; zero for no limit
 * @param acceptTimeout how long a requester waits for its device
 * @param dialTimeout how long connecting to another node may take
 * @param peerTimeout how long a peer may take to say whether it holds a device
 * @param admissionTimeout how long the access policy may take
 * @param maxSignedLifetime how long a signed URL may be valid
 * @param maxSignedOnce the maximum number of unused signed URLs that are good for one bridge; those of one principal
 *     may take at most three quarters of what others leave free
 * @param watch the timing of checks for dead peers
 */
public record Limits(
        int maxBridges,
        int maxPendingPerDevice,
        int maxListeners,
        int maxDeviceIdBytes,
        int maxRequestDataBytes,
        int requestsPerSecond,
        int addressRate,
        int failedCredentials,
        int principalShare,
        int addressShare,
        long bridgeBandwidth,
        long principalBandwidth,
        Duration maxIdle,
        Duration maxLifetime,
        Duration acceptTimeout,
        Duration dialTimeout,
        Duration peerTimeout,
        Duration admissionTimeout,
        Duration maxSignedLifetime,
        int maxSignedOnce,
        Watch watch) {

    private static final int ALL = 100;
    private static final int MAX_DEVICE_ID_BYTES = 1024;
    private static final int MAX_REQUEST_DATA_BYTES = 6144;

    /** Validates the limits. */
    public Limits {
        positive("maxBridges", maxBridges);
        positive("maxPendingPerDevice", maxPendingPerDevice);
        positive("maxListeners", maxListeners);
        between("maxDeviceIdBytes", maxDeviceIdBytes, MAX_DEVICE_ID_BYTES);
        between("maxRequestDataBytes", maxRequestDataBytes, MAX_REQUEST_DATA_BYTES);
        positive("requestsPerSecond", requestsPerSecond);
        positive("addressRate", addressRate);
        positive("failedCredentials", failedCredentials);
        between("principalShare", principalShare, ALL);
        between("addressShare", addressShare, ALL);
        if (bridgeBandwidth < 0 || principalBandwidth < 0 || maxIdle.isNegative() || maxLifetime.isNegative()) {
            throw new IllegalArgumentException("a limit must not be negative");
        }
        positive("acceptTimeout", acceptTimeout);
        positive("dialTimeout", dialTimeout);
        positive("peerTimeout", peerTimeout);
        positive("admissionTimeout", admissionTimeout);
        positive("maxSignedLifetime", maxSignedLifetime.truncatedTo(ChronoUnit.SECONDS));
        positive("maxSignedOnce", maxSignedOnce);
    }

    /** Returns a builder with the default limits. */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * Returns these limits with those of {@code next} that can change while a node runs: the numbers of bridges, of
     * pending ones and of listeners, the rates, the shares, and the bandwidths.
     */
    public Limits changed(Limits next) {
        return new Limits(
                next.maxBridges,
                next.maxPendingPerDevice,
                next.maxListeners,
                maxDeviceIdBytes,
                maxRequestDataBytes,
                next.requestsPerSecond,
                next.addressRate,
                next.failedCredentials,
                next.principalShare,
                next.addressShare,
                next.bridgeBandwidth,
                next.principalBandwidth,
                maxIdle,
                maxLifetime,
                acceptTimeout,
                dialTimeout,
                peerTimeout,
                admissionTimeout,
                maxSignedLifetime,
                maxSignedOnce,
                watch);
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
            throw new IllegalArgumentException(name + " must be positive");
        }
    }

    /** Builds limits. Anything not set has its default. */
    public static final class Builder {
        private int maxBridges = 10_000;
        private int maxPendingPerDevice = 1_000;
        private int maxListeners = 10_000;
        private int maxDeviceIdBytes = 256;
        private int maxRequestDataBytes = 4096;
        private int requestsPerSecond = 10_000;
        private int addressRate = 2_000;
        private int failedCredentials = 20;
        private int principalShare = 50;
        private int addressShare = 100;
        private long bridgeBandwidth;
        private long principalBandwidth;
        private Duration maxIdle = Duration.ZERO;
        private Duration maxLifetime = Duration.ZERO;
        private Duration acceptTimeout = Duration.ofSeconds(30);
        private Duration dialTimeout = Duration.ofSeconds(5);
        private Duration peerTimeout = Duration.ofSeconds(3);
        private Duration admissionTimeout = Duration.ofSeconds(10);
        private Duration maxSignedLifetime = Duration.ofHours(24);
        private int maxSignedOnce = 10_000;
        private Watch watch = new Watch(Duration.ofSeconds(13), Duration.ofHours(24));

        private Builder() {}

        /** Default 10,000. */
        public Builder maxBridges(int value) {
            maxBridges = value;
            return this;
        }

        /** Default 1,000. */
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

        /** Default 2,000 a second. */
        public Builder addressRate(int value) {
            addressRate = value;
            return this;
        }

        /** Default 20. */
        public Builder failedCredentials(int value) {
            failedCredentials = value;
            return this;
        }

        /** Default 50 percent. Does not apply to a node without access control, nor inside this process. */
        public Builder principalShare(int value) {
            principalShare = value;
            return this;
        }

        /**
         * Default 100 percent, since behind a proxy that is not known as such all clients have the same address; see
         * {@code BridgeNode.Builder.proxies}.
         */
        public Builder addressShare(int value) {
            addressShare = value;
            return this;
        }

        /** In bytes per second. Default 0: no limit. */
        public Builder bridgeBandwidth(long value) {
            bridgeBandwidth = value;
            return this;
        }

        /** In bytes per second. Default 0: no limit. */
        public Builder principalBandwidth(long value) {
            principalBandwidth = value;
            return this;
        }

        /** Default zero: no limit. */
        public Builder maxIdle(Duration value) {
            maxIdle = value;
            return this;
        }

        /** Default zero: no limit. */
        public Builder maxLifetime(Duration value) {
            maxLifetime = value;
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

        /** Default 24 hours; at least a second. */
        public Builder maxSignedLifetime(Duration value) {
            maxSignedLifetime = value;
            return this;
        }

        /** Default 10,000. */
        public Builder maxSignedOnce(int value) {
            maxSignedOnce = value;
            return this;
        }

        /** Default: a check every 13 seconds, and 24 hours for a stalled send. */
        public Builder watch(Watch value) {
            watch = value;
            return this;
        }

        /** Builds the limits. */
        public Limits build() {
            return new Limits(
                    maxBridges,
                    maxPendingPerDevice,
                    maxListeners,
                    maxDeviceIdBytes,
                    maxRequestDataBytes,
                    requestsPerSecond,
                    addressRate,
                    failedCredentials,
                    principalShare,
                    addressShare,
                    bridgeBandwidth,
                    principalBandwidth,
                    maxIdle,
                    maxLifetime,
                    acceptTimeout,
                    dialTimeout,
                    peerTimeout,
                    admissionTimeout,
                    maxSignedLifetime,
                    maxSignedOnce,
                    watch);
        }
    }
}
