package io.github.wsbridge.launcher;

import io.github.wsbridge.BridgeRequest;
import io.github.wsbridge.wire.net.StreamAddress;
import picocli.CommandLine.TypeConversionException;

/**
 * A local address whose connections go to a target of a device, as written on the command line.
 *
 * @param listen the address to listen on
 * @param device the device id
 * @param target the name of a target, or {@code HOST:PORT}; the request data
 */
record Forward(StreamAddress listen, String device, String target) {

    /** The form that {@link #parse} reads, for usage messages. */
    static final String FORM = "[HOST:]PORT=DEVICE/TARGET";

    private static final String LOOPBACK = "127.0.0.1:";

    /**
     * Parses {@code [HOST:]PORT=DEVICE/TARGET} or {@code unix:/PATH=DEVICE/TARGET}. The host is 127.0.0.1 by default.
     * The address ends at the first {@code =}. The device id ends at the last {@code /}, since ids may contain slashes
     * and addresses do not.
     */
    static Forward parse(String text) {
        int equals = text.indexOf('=');
        int slash = text.lastIndexOf('/');
        if (equals <= 0 || slash <= equals + 1 || slash == text.length() - 1) {
            throw new TypeConversionException("'" + text + "' is not " + FORM + " or unix:/PATH=DEVICE/TARGET");
        }
        String address = text.substring(0, equals);
        String device = text.substring(equals + 1, slash);
        String target = text.substring(slash + 1);
        if (!address.contains(":") && !address.matches("[0-9]+")) {
            throw new TypeConversionException("'" + address + "' is not a port; expected " + FORM);
        }
        try {
            new BridgeRequest(device, target);
            return new Forward(
                    StreamAddress.parse(address.contains(":") ? address : LOOPBACK + address), device, target);
        } catch (IllegalArgumentException e) {
            throw new TypeConversionException(e.getMessage());
        }
    }

    /** Returns the form that {@link #parse} reads. */
    @Override
    public String toString() {
        return listen + "=" + device + "/" + target;
    }
}
