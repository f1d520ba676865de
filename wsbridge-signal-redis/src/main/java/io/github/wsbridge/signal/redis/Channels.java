package io.github.wsbridge.signal.redis;

/** The channels of devices. */
final class Channels {

    private Channels() {}

    /** Returns the channel of a device, whose id is in it as it is. */
    static String invitations(String deviceId) {
        return "wsbridge:v1:invitations:" + deviceId;
    }
}
