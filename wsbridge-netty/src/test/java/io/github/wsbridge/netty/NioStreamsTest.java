package io.github.wsbridge.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.wsbridge.spi.StreamTransport;
import io.github.wsbridge.testkit.StreamTransportContract;
import java.io.IOException;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Without epoll, as on systems other than Linux. */
@Tag("system")
class NioStreamsTest extends StreamTransportContract {

    private static NettyConnector connector;

    @BeforeAll
    static void up() {
        System.setProperty(Loops.NO_EPOLL, "true");
        try {
            connector = NettyConnector.create();
        } finally {
            System.clearProperty(Loops.NO_EPOLL);
        }
    }

    @Override
    protected StreamTransport transport() {
        return connector.streams();
    }

    @Test
    void unixSockets_areRefused() {
        SocketAddress address = UnixDomainSocketAddress.of("/tmp/unused");
        assertThatThrownBy(() -> transport().listen(address, new StreamTransport.Limits(1, 1), (leg, client) -> {}))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("epoll");
        assertThat(transport().dial(address, patience())).isCompletedExceptionally();
    }

    @AfterAll
    static void down() {
        connector.close();
    }
}
