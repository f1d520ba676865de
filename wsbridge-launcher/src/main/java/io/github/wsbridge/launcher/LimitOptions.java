package io.github.wsbridge.launcher;

import io.github.wsbridge.Watch;
import io.github.wsbridge.core.limits.Limits;
import java.time.Duration;
import picocli.CommandLine.Option;

/** Options for a node's limits. */
@SuppressWarnings("NullAway.Init")
final class LimitOptions {

    private static final String DEFAULT = " (default ${DEFAULT-VALUE})";

    @Option(
            names = "--accept-timeout",
            paramLabel = "TIME",
            defaultValue = "30s",
            description = "How long a requester waits for its device" + DEFAULT)
    Duration acceptTimeout;

    @Option(
            names = "--dial-timeout",
            paramLabel = "TIME",
            defaultValue = "5s",
            description = "Time limit for connecting to another node" + DEFAULT)
    Duration dialTimeout;

    @Option(
            names = "--peer-timeout",
            paramLabel = "TIME",
            defaultValue = "3s",
            description = "Time limit for a peer to answer whether a device is connected to it" + DEFAULT)
    Duration peerTimeout;

    @Option(
            names = "--handshake-timeout",
            paramLabel = "TIME",
            defaultValue = "10s",
            description = "Time limit for a client's handshake" + DEFAULT)
    Duration handshakeTimeout;

    @Option(
            names = "--keepalive",
            paramLabel = "TIME",
            defaultValue = "13s",
            description = "Ping a silent peer after this time, and drop it after the same time again" + DEFAULT)
    Duration keepalive;

    @Option(
            names = "--stall-timeout",
            paramLabel = "TIME",
            defaultValue = "24h",
            description = "Drop a peer that accepts no data for this long" + DEFAULT)
    Duration stallTimeout;

    @Option(
            names = "--max-bridges",
            paramLabel = "N",
            defaultValue = "10000",
            description = "Maximum number of concurrent bridges: waiting, live and forwarded" + DEFAULT)
    int maxBridges;

    @Option(
            names = "--max-listeners",
            paramLabel = "N",
            defaultValue = "10000",
            description = "Maximum number of devices listening on this node" + DEFAULT)
    int maxListeners;

    @Option(
            names = "--max-pending",
            paramLabel = "N",
            defaultValue = "1000",
            description = "Maximum number of requesters waiting for the same device; those for one target may take"
                    + " three quarters of what others leave free" + DEFAULT)
    int maxPending;

    @Option(
            names = "--max-rate",
            paramLabel = "N",
            defaultValue = "10000",
            description = "Maximum number of bridges that one API key, or one client of an exposed port, may request"
                    + " per second" + DEFAULT)
    int maxRate;

    @Option(
            names = "--max-signed-lifetime",
            paramLabel = "TIME",
            defaultValue = "24h",
            description = "How long a signed URL may be valid" + DEFAULT)
    Duration maxSignedLifetime;

    @Option(
            names = "--max-signed-once",
            paramLabel = "N",
            defaultValue = "10000",
            description = "Maximum number of unused signed URLs that are good for one bridge" + DEFAULT)
    int maxSignedOnce;

    @Option(
            names = "--max-device-id",
            paramLabel = "SIZE",
            defaultValue = "256",
            description = "Maximum length of a device id, in bytes of UTF-8" + DEFAULT)
    Quantities.Bytes maxDeviceId;

    @Option(
            names = "--max-request-data",
            paramLabel = "SIZE",
            defaultValue = "4k",
            description = "Maximum length of the request data, in bytes of UTF-8" + DEFAULT)
    Quantities.Bytes maxRequestData;

    /** Returns the limits; throws {@link IllegalArgumentException} if one is not positive. */
    Limits limits() {
        return Limits.builder()
                .acceptTimeout(acceptTimeout)
                .dialTimeout(dialTimeout)
                .peerTimeout(peerTimeout)
                .admissionTimeout(handshakeTimeout)
                .watch(new Watch(keepalive, stallTimeout))
                .maxBridges(maxBridges)
                .maxListeners(maxListeners)
                .maxPendingPerDevice(maxPending)
                .requestsPerSecond(maxRate)
                .maxSignedLifetime(maxSignedLifetime)
                .maxSignedOnce(maxSignedOnce)
                .maxDeviceIdBytes(Math.toIntExact(maxDeviceId.count()))
                .maxRequestDataBytes(Math.toIntExact(maxRequestData.count()))
                .build();
    }

    /** Two sockets per bridge, one per listener, and some for peers and for connections that are refused. */
    int maxConnections() {
        return (int) Math.min(Integer.MAX_VALUE, 2L * maxBridges + maxListeners + 1_000);
    }
}
