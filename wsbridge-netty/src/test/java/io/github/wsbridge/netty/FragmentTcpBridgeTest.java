package io.github.wsbridge.netty;

import org.junit.jupiter.api.Tag;

/** By fragments, as with legs of other transports. */
@Tag("system")
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
