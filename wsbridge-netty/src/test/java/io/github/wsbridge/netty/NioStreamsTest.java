package io.github.wsbridge.netty;

import io.github.wsbridge.spi.StreamTransport;
import io.github.wsbridge.testkit.StreamTransportContract;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestInstance;

/** Without epoll, as on systems other than Linux. */
@Tag("system")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class NioStreamsTest extends StreamTransportContract {

    private final NettyConnector connector = connector();

    private static NettyConnector connector() {
        System.setProperty(Loops.NO_EPOLL, "true");
        try {
            return NettyConnector.create();
        } finally {
            System.clearProperty(Loops.NO_EPOLL);
        }
    }

    @Override
    protected StreamTransport transport() {
        return connector.streams();
    }

    @AfterAll
    void down() {
        connector.close();
    }
}
