package io.github.wsbridge.netty;

import io.github.wsbridge.spi.StreamTransport;
import io.github.wsbridge.testkit.StreamTransportContract;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

class NettyStreamsTest extends StreamTransportContract {

    private static NettyConnector connector;

    @BeforeAll
    static void up() {
        connector = NettyConnector.create();
    }

    @Override
    protected StreamTransport transport() {
        return connector.streams();
    }

    @AfterAll
    static void down() {
        connector.close();
    }
}
