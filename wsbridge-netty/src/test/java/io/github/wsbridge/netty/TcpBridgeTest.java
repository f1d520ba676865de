package io.github.wsbridge.netty;

/** With the platform's fastest event loops. */
class TcpBridgeTest extends TcpBridgeTests {

    @Override
    TcpBridge bridge() throws Exception {
        return new TcpBridge(null, false);
    }
}
