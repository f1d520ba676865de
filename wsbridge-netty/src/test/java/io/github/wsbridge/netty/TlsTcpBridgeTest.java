package io.github.wsbridge.netty;

import io.github.wsbridge.testkit.transport.TestKeys;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;

/** With the WebSocket over TLS, whose client uses mask 0. */
@Tag("system")
class TlsTcpBridgeTest extends TcpBridgeTests {

    private static TestKeys keys;

    @BeforeAll
    static void createKeys() throws Exception {
        keys = TestKeys.shared();
    }

    @Override
    TcpBridge bridge() throws Exception {
        return new TcpBridge(keys, false);
    }
}
