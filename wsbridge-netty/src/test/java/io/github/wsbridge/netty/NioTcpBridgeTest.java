package io.github.wsbridge.netty;

import org.junit.jupiter.api.Tag;

/** Without epoll, as on systems other than Linux. */
@Tag("system")
class NioTcpBridgeTest extends TcpBridgeTests {

    @Override
    TcpBridge bridge() throws Exception {
        System.setProperty(Loops.NO_EPOLL, "true");
        try {
            return new TcpBridge(null, false);
        } finally {
            System.clearProperty(Loops.NO_EPOLL);
        }
    }
}
