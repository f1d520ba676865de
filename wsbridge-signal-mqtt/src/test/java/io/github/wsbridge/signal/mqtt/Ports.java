package io.github.wsbridge.signal.mqtt;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Free ports for brokers that need a fixed port, below the range of ephemeral ports: so no other socket takes them
 * before the broker does, or while it is stopped.
 */
final class Ports {

    private static final int LOWEST = 10_000;
    private static final int HIGHEST = 30_000;

    private Ports() {}

    /** Returns distinct free ports. */
    static List<Integer> free(int count) throws IOException {
        List<ServerSocket> held = new ArrayList<>();
        try {
            for (int tries = 0; held.size() < count; tries++) {
                int port = ThreadLocalRandom.current().nextInt(LOWEST, HIGHEST);
                try {
                    held.add(new ServerSocket(port, 1, InetAddress.getLoopbackAddress()));
                } catch (IOException e) {
                    if (tries > 1000) {
                        throw e;
                    }
                }
            }
            return held.stream().map(ServerSocket::getLocalPort).toList();
        } finally {
            for (ServerSocket socket : held) {
                socket.close();
            }
        }
    }
}
