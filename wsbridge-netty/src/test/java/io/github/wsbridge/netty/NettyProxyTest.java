package io.github.wsbridge.netty;

import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.spi.Proxies;
import io.github.wsbridge.testkit.transport.ProxyContract;

class NettyProxyTest extends ProxyContract {

    @Override
    protected Connector connector(Proxies proxies) {
        return NettyConnector.builder().proxies(proxies).build();
    }
}
