package io.github.wsbridge.netty;

/** Without epoll, as on other systems than Linux. */
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
