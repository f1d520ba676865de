package io.github.wsbridge.tyrus;

import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.spi.Proxies;
import io.github.wsbridge.testkit.transport.ProxyContract;

class TyrusProxyTest extends ProxyContract {

    @Override
    protected Connector connector(Proxies proxies) {
        return new TyrusConnector(null, proxies);
    }
}
