package io.github.wsbridge;

import java.time.Duration;

/**
 * What a device does to be reachable, as told to {@code BridgeDevice.Builder.onState}. With several secondary channels,
 * each has its own states. The texts are for people, one line each, and contain no secrets.
 */
public sealed interface DeviceState {

    /**
     * It is connecting.
     *
     * @param place the server
     */
    record Connecting(String place) implements DeviceState {}

    /** It can be reached. */
    record Listening() implements DeviceState {}

    /**
     * It is refused, most likely until something is changed, such as its key.
     *
     * @param place who refuses it
     * @param why what that one said
     * @param retryIn when it tries again
     */
    record Refused(String place, String why, Duration retryIn) implements DeviceState {}

    /**
     * It cannot connect, or has lost the connection.
     *
     * @param place the server
     * @param why what happened
     * @param retryIn when it tries again
     */
    record Retrying(String place, String why, Duration retryIn) implements DeviceState {}

    /**
     * Another listener with the same id has taken over: an older socket of this device that has been forgotten, a
     * second copy of it, another device by mistake, or somebody who has its key. It waits and tries again, which may
     * take over from that one in turn.
     *
     * @param place the server
     * @param why what that one said
     * @param retryIn when it tries again: after half a minute to a minute, or longer if the longest delay is longer
     */
    record Replaced(String place, String why, Duration retryIn) implements DeviceState {}

    /**
     * It does not listen any more.
     *
     * @param reason as {@code BridgeDevice.stopped} says it
     */
    record Stopped(CloseReason reason) implements DeviceState {}
}
