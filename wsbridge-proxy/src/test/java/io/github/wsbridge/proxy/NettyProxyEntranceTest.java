package io.github.wsbridge.proxy;

import io.github.wsbridge.client.TcpTunnel;
import io.github.wsbridge.netty.NettyConnector;
import org.junit.jupiter.api.AfterEach;

/** The same with connections on Netty's threads. */
final class NettyProxyEntranceTest extends ProxyEntranceTest {

    private final NettyConnector connector = NettyConnector.create();

    @Override
    TcpTunnel.Builder streams(TcpTunnel.Builder tunnel) {
        return tunnel.streams(connector.streams());
    }

    @AfterEach
    void end() {
        connector.close();
    }
}
