package io.github.wsbridge.tyrus;

import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.testkit.SocketConnectorContract;

class TyrusConnectorContractTest extends SocketConnectorContract {

    @Override
    protected Connector newConnector() {
        return new TyrusConnector();
    }
}
