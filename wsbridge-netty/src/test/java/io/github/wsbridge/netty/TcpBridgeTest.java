package io.github.wsbridge.netty;

/** On the platform's best loops. */
class TcpBridgeTest extends TcpBridgeTests {

    @Override
    TcpBridge bridge() throws Exception {
        return new TcpBridge(null, false);
    }
}
