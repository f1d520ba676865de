package io.github.wsbridge.netty;

import io.github.wsbridge.spi.StreamTransport;
import io.github.wsbridge.testkit.StreamTransportContract;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.TestInstance;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class NettyStreamsTest extends StreamTransportContract {

    private final NettyConnector connector = NettyConnector.create();

    @Override
    protected StreamTransport transport() {
        return connector.streams();
    }

    @AfterAll
    void down() {
        connector.close();
    }
}
