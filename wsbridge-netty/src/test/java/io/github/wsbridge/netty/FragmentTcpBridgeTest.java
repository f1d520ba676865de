package io.github.wsbridge.netty;

/** By fragments, as with legs of other transports. */
class FragmentTcpBridgeTest extends TcpBridgeTests {

    @Override
    TcpBridge bridge() throws Exception {
        return new TcpBridge(null, true);
    }

    @Override
    boolean belowFragments() {
        return false;
    }
}
