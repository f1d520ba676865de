package io.github.wsbridge.launcher;

import io.github.wsbridge.Watch;
import io.github.wsbridge.core.limits.Limits;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options for a node's limits. */
@SuppressWarnings("NullAway.Init")
final class LimitOptions {

    private static final String DEFAULT = " (default ${DEFAULT-VALUE})";
    private static final String NO_LIMIT = " (default: no limit)";

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
            names = "--max-address-rate",
            paramLabel = "N",
            defaultValue = "2000",
            description = "Maximum number of handshakes per second from one address; for IPv6, addresses with the same"
                    + " first 64 bits count as one" + DEFAULT)
    int maxAddressRate;

    @Option(
            names = "--max-failures",
            paramLabel = "N",
            defaultValue = "20",
            description = "How often one address may present invalid credentials in ten minutes; further ones are"
                    + " answered with 429. Valid ones are always accepted" + DEFAULT)
    int maxFailures;

    @Option(
            names = "--principal-share",
            paramLabel = "PERCENT",
            defaultValue = "50",
            description = "The share of bridges, of requesters waiting for a device, and of listening devices that one"
                    + " API key may have, of those that nobody else has; 100 for all" + DEFAULT)
    int principalShare;

    @Option(
            names = "--address-share",
            paramLabel = "PERCENT",
            defaultValue = "100",
            description = "The same for one address; less than 100 requires --proxy-networks if clients come through a"
                    + " proxy" + DEFAULT)
    int addressShare;

    @Option(
            names = "--max-handshakes",
            paramLabel = "N",
            defaultValue = "1000",
            description = "Maximum number of connections whose handshake is not over; for a further one, the oldest of"
                    + " the address that has most of them is dropped" + DEFAULT)
    int maxHandshakes;

    @Option(
            names = "--max-bandwidth",
            paramLabel = "SIZE",
            description = "Maximum number of bytes per second of a bridge, both directions together; costs CPU time"
                    + NO_LIMIT)
    Quantities.@Nullable Bytes maxBandwidth;

    @Option(
            names = "--max-principal-bandwidth",
            paramLabel = "SIZE",
            description = "The same for all bridges of one API key together" + NO_LIMIT)
    Quantities.@Nullable Bytes maxPrincipalBandwidth;

    @Option(names = "--max-idle", paramLabel = "TIME", description = "How long a bridge may carry nothing" + NO_LIMIT)
    @Nullable
    Duration maxIdle;

    @Option(names = "--max-lifetime", paramLabel = "TIME", description = "How long a bridge may last" + NO_LIMIT)
    @Nullable
    Duration maxLifetime;

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
                .addressRate(maxAddressRate)
                .failedCredentials(maxFailures)
                .principalShare(principalShare)
                .addressShare(addressShare)
                .bridgeBandwidth(maxBandwidth == null ? 0 : maxBandwidth.count())
                .principalBandwidth(maxPrincipalBandwidth == null ? 0 : maxPrincipalBandwidth.count())
                .maxIdle(maxIdle == null ? Duration.ZERO : maxIdle)
                .maxLifetime(maxLifetime == null ? Duration.ZERO : maxLifetime)
                .maxSignedLifetime(maxSignedLifetime)
                .maxSignedOnce(maxSignedOnce)
                .maxDeviceIdBytes(Math.toIntExact(maxDeviceId.count()))
                .maxRequestDataBytes(Math.toIntExact(maxRequestData.count()))
                .build();
    }

    /** Two sockets per bridge, one per listener, those whose handshake is not over, and some for peers. */
    int maxConnections() {
        return (int) Math.min(Integer.MAX_VALUE, 2L * maxBridges + maxListeners + maxHandshakes + 1_000);
    }

    /** Returns the maximum number of handshakes; throws {@link IllegalArgumentException} if it is not positive. */
    int maxHandshakes() {
        if (maxHandshakes <= 0) {
            throw new IllegalArgumentException("--max-handshakes must be at least 1");
        }
        return maxHandshakes;
    }
}
