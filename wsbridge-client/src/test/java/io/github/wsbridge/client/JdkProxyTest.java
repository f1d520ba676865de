package io.github.wsbridge.client;

import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.spi.Proxies;
import io.github.wsbridge.testkit.transport.ProxyContract;

class JdkProxyTest extends ProxyContract {

    @Override
    protected Connector connector(Proxies proxies) {
        return JdkConnector.builder().proxies(proxies).build();
    }

    @Override
    protected boolean knowsUnderscores() {
        return false;
    }

    @Override
    protected boolean seesChallenges() {
        return false;
    }
}
