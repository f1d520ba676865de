package io.github.wsbridge.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.wsbridge.testkit.transport.TestKeys;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.OpenSslEngine;
import io.netty.handler.ssl.ReferenceCountedOpenSslEngine;
import io.netty.handler.ssl.SslHandler;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Over BoringSSL's TLS, with PEM files. */
@Tag("system")
class BoringSslJoinedTest extends JoinedTests {

    private static TestKeys keys;

    @BeforeAll
    static void createKeys() throws Exception {
        keys = TestKeys.shared();
    }

    @BeforeEach
    void up() throws Exception {
        assumeTrue(OpenSsl.isAvailable());
        cluster = new NettyCluster(1, node -> {}, server -> {
                    try {
                        server.tls(keys.certificate(), keys.key());
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                })
                .sockets(keys.context().getSocketFactory());
    }

    @Test
    void tls_usesBoringSsl() throws Exception {
        try (NettyCluster.Ends ends = cluster.join()) {
            SslHandler handler = ends.deviceLeg().channel().pipeline().get(SslHandler.class);
            assertThat(handler.engine()).isInstanceOfAny(OpenSslEngine.class, ReferenceCountedOpenSslEngine.class);
        }
    }
}
