package io.github.wsbridge.netty;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.wsbridge.testkit.transport.TestKeys;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.SslProvider;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;

/** Over TLS by BoringSSL. */
@Tag("system")
class BoringSslTcpBridgeTest extends TcpBridgeTests {

    private static TestKeys keys;

    @BeforeAll
    static void createKeys() throws Exception {
        keys = TestKeys.shared();
    }

    @Override
    TcpBridge bridge() throws Exception {
        assumeTrue(OpenSsl.isAvailable());
        return new TcpBridge(keys, false, SslProvider.OPENSSL);
    }
}
