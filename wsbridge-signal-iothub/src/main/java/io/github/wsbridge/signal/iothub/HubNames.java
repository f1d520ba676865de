package io.github.wsbridge.signal.iothub;

/** The names on an IoT hub by which a device knows an invitation. */
final class HubNames {

    /** The direct method that invites, by default. */
    static final String METHOD = "Bridge";

    /** The application property that marks a cloud-to-device message; its value is the message's type. */
    static final String PROPERTY = "wsbridge";

    private HubNames() {}

    /** @throws IllegalArgumentException if it cannot name a direct method */
    static String methodName(String name) {
        if (name.isBlank()) {
            throw new IllegalArgumentException("a direct method has a name");
        }
        return name;
    }
}
