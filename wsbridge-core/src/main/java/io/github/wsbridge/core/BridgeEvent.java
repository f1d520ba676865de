package io.github.wsbridge.core;

import io.github.wsbridge.BridgeId;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.Hop;
import io.github.wsbridge.NodeAddress;
import io.github.wsbridge.spi.BridgeListener.Client;
import io.github.wsbridge.spi.BridgeListener.Limit;
import io.github.wsbridge.spi.Signaller;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * An event of a node, as {@link BridgeEvents} publishes it.
 *
 * @param number counts the events of a publisher from 1; a subscriber sees a gap where it has missed some
 * @param at when it happened
 * @param what what happened; each kind is described at the method of {@link io.github.wsbridge.spi.BridgeListener} with
 *     its name
 */
public record BridgeEvent(long number, Instant at, What what) {

    /** What happened. */
    public sealed interface What {}

    /** A requester is waiting for its device. */
    public record Requested(BridgeId bridge, String deviceId, Client requester) implements What {}

    /** An invitation is about to be sent over a secondary channel. */
    public record Invited(BridgeId bridge, String channel) implements What {}

    /** A secondary channel has answered; the result is null if the channel itself failed. */
    public record ChannelAnswered(BridgeId bridge, String channel, Signaller.@Nullable Result result, Duration took)
            implements What {}

    /** The secondary channels have reported a result. */
    public record Signalled(BridgeId bridge, String deviceId, Signaller.Result result) implements What {}

    /** Requester and device have been joined. */
    public record Established(BridgeId bridge, String deviceId, Hop hop, Client device) implements What {}

    /** A bridge has ended, after so many bytes in each direction. */
    public record Closed(
            BridgeId bridge, String deviceId, CloseReason reason, long bytesToDevice, long bytesToRequester)
            implements What {}

    /** An accept was forwarded to another node. */
    public record Forwarded(BridgeId bridge, NodeAddress owner, Client device) implements What {}

    /** A forwarded bridge has ended. */
    public record ForwardClosed(BridgeId bridge, CloseReason reason) implements What {}

    /** A request was refused, with an HTTP status below 1000 or a close code. */
    public record Refused(String where, int status, String remoteAddress) implements What {}

    /** A limit has been hit. */
    public record Limited(Limit limit) implements What {}

    /** An address has presented too many invalid credentials. */
    public record LockedOut(String remoteAddress, int failures) implements What {}

    /** A device has started listening. */
    public record Listening(String deviceId, Client by) implements What {}

    /** A listener has taken over from an older one of the same device. */
    public record Takeover(String deviceId, Client older, Client newer) implements What {}

    /** A device has stopped listening. */
    public record ListenerGone(String deviceId, CloseReason reason) implements What {}
}
