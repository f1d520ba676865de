package io.github.wsbridge.proxy;

/**
 * Where a client of the proxy wants to go.
 *
 * @param device the device
 * @param target the request data: the name of one of the device's targets, or {@code host:port}
 */
record Destination(String device, String target) {

    @Override
    public String toString() {
        return target + " on " + device;
    }
}
