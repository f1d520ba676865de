package io.github.wsbridge.signal.iothub;

/** The names by which a device recognizes an invitation from an IoT hub. */
final class HubNames {

    /** The default name of the direct method. */
    static final String METHOD = "Bridge";

    /** The application property that marks a cloud-to-device message; its value is the message's type. */
    static final String PROPERTY = "wsbridge";

    private HubNames() {}

    /** @throws IllegalArgumentException if {@code name} is not a valid name of a direct method */
    static String methodName(String name) {
        if (name.isBlank()) {
            throw new IllegalArgumentException("a direct method must have a name");
        }
        return name;
    }
}
