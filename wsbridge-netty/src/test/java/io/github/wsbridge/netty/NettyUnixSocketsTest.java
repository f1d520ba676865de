package io.github.wsbridge.netty;

import io.github.wsbridge.spi.StreamTransport;
import io.github.wsbridge.testkit.UnixSocketContract;
import io.netty.channel.epoll.Epoll;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class NettyUnixSocketsTest extends UnixSocketContract {

    private final NettyConnector connector = NettyConnector.create();

    @Override
    protected StreamTransport transport() {
        return connector.streams();
    }

    @BeforeAll
    static void skipWithoutEpoll() {
        Assumptions.assumeTrue(Epoll.isAvailable(), "no epoll on this system");
    }

    @AfterAll
    void down() {
        connector.close();
    }
}
