package io.github.wsbridge.netty;

import org.junit.jupiter.api.Tag;

/** Without epoll, as on systems other than Linux. */
@Tag("system")
class NioOddPeerTest extends OddPeerTest {

    @Override
    NettyBridgeServer server() throws Exception {
        System.setProperty(Loops.NO_EPOLL, "true");
        try {
            return super.server();
        } finally {
            System.clearProperty(Loops.NO_EPOLL);
        }
    }
}
