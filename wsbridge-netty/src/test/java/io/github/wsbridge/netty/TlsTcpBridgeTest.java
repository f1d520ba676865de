package io.github.wsbridge.netty;

import io.github.wsbridge.testkit.transport.TestKeys;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;

/** Where the WebSocket goes over TLS, and its client masks with zero. */
@Tag("system")
class TlsTcpBridgeTest extends TcpBridgeTests {

    private static TestKeys keys;

    @BeforeAll
    static void createKeys() throws Exception {
        keys = TestKeys.create();
    }

    @Override
    TcpBridge bridge() throws Exception {
        return new TcpBridge(keys, false);
    }
}
