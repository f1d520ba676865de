package io.github.wsbridge.launcher;

import io.github.wsbridge.Watch;
import io.github.wsbridge.core.limits.Limits;
import java.time.Duration;
import picocli.CommandLine.Option;

/** A node's bounds on the command line. */
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
            description = "How long connecting to another node may take" + DEFAULT)
    Duration dialTimeout;

    @Option(
            names = "--peer-timeout",
            paramLabel = "TIME",
            defaultValue = "3s",
            description = "How long a peer may take to say whether it holds a device" + DEFAULT)
    Duration peerTimeout;

    @Option(
            names = "--handshake-timeout",
            paramLabel = "TIME",
            defaultValue = "10s",
            description = "How long a client's handshake may take" + DEFAULT)
    Duration handshakeTimeout;

    @Option(
            names = "--keepalive",
            paramLabel = "TIME",
            defaultValue = "30s",
            description = "Ping a silent peer after this time, drop it after as long again" + DEFAULT)
    Duration keepalive;

    @Option(
            names = "--stall-timeout",
            paramLabel = "TIME",
            defaultValue = "15m",
            description = "Drop a peer that takes no data for so long" + DEFAULT)
    Duration stallTimeout;

    @Option(
            names = "--max-bridges",
            paramLabel = "N",
            defaultValue = "10000",
            description = "Bridges at a time: waiting, live and forwarded together" + DEFAULT)
    int maxBridges;

    @Option(
            names = "--max-listeners",
            paramLabel = "N",
            defaultValue = "10000",
            description = "Devices that may listen on this node" + DEFAULT)
    int maxListeners;

    @Option(
            names = "--max-pending",
            paramLabel = "N",
            defaultValue = "100",
            description = "Requesters that may wait for one device at a time" + DEFAULT)
    int maxPending;

    @Option(
            names = "--max-rate",
            paramLabel = "N",
            defaultValue = "10000",
            description = "Bridges that one API key may request a second" + DEFAULT)
    int maxRate;

    @Option(
            names = "--max-device-id",
            paramLabel = "SIZE",
            defaultValue = "256",
            description = "The longest device id" + DEFAULT)
    Quantities.Bytes maxDeviceId;

    @Option(
            names = "--max-request-data",
            paramLabel = "SIZE",
            defaultValue = "4k",
            description = "The longest request data" + DEFAULT)
    Quantities.Bytes maxRequestData;

    /** Throws {@link IllegalArgumentException} for bounds that let nothing through. */
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
                .maxDeviceIdBytes(Math.toIntExact(maxDeviceId.count()))
                .maxRequestDataBytes(Math.toIntExact(maxRequestData.count()))
                .build();
    }

    /** Two sockets for each bridge, one for each listener, and some for peers and for those that are refused. */
    int maxConnections() {
        return (int) Math.min(Integer.MAX_VALUE, 2L * maxBridges + maxListeners + 1_000);
    }
}
