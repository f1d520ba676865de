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

/** Over TLS from PEM files, by BoringSSL. */
@Tag("system")
class BoringSslJoinedTest extends JoinedTests {

    private static TestKeys keys;

    @BeforeAll
    static void createKeys() throws Exception {
        keys = TestKeys.create();
    }

    @BeforeEach
    void up() throws Exception {
        assumeTrue(OpenSsl.isAvailable());
        house = new House(1, node -> {}, server -> {
                    try {
                        server.tls(keys.certificate(), keys.key());
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                })
                .sockets(keys.context().getSocketFactory());
    }

    @Test
    void tls_isByBoringSsl() throws Exception {
        try (House.Ends ends = house.join()) {
            SslHandler handler = ends.deviceLeg().channel().pipeline().get(SslHandler.class);
            assertThat(handler.engine()).isInstanceOfAny(OpenSslEngine.class, ReferenceCountedOpenSslEngine.class);
        }
    }
}
