package io.github.wsbridge.netty;

import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.testkit.SocketConnectorContract;

class NettyConnectorContractTest extends SocketConnectorContract {

    @Override
    protected Connector newConnector() {
        return NettyConnector.create();
    }
}
