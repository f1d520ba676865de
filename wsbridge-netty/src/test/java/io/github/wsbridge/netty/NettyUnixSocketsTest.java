package io.github.wsbridge.netty;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.wsbridge.spi.StreamTransport;
import io.github.wsbridge.testkit.UnixSocketContract;
import io.netty.channel.epoll.Epoll;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("system")
class NettyUnixSocketsTest extends UnixSocketContract {

    private static NettyConnector connector;

    @Override
    protected StreamTransport transport() {
        return connector.streams();
    }

    @BeforeAll
    static void up() {
        connector = NettyConnector.create();
        Assumptions.assumeTrue(Epoll.isAvailable(), "no epoll on this system");
    }

    @Test
    void listen_folderDoesNotExist_failsAndNamesThePath(@TempDir Path folder) {
        Path path = folder.resolve("missing").resolve("socket");
        assertThatThrownBy(() -> transport()
                        .listen(
                                UnixDomainSocketAddress.of(path),
                                new StreamTransport.Limits(1, 1),
                                (leg, client) -> {}))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(path.toString());
    }

    @AfterAll
    static void down() {
        connector.close();
    }
}
