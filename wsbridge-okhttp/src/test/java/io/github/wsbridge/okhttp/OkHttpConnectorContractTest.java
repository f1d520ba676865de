package io.github.wsbridge.okhttp;

import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.testkit.SocketConnectorContract;

class OkHttpConnectorContractTest extends SocketConnectorContract {

    @Override
    protected Connector newConnector() {
        return OkHttpConnector.create();
    }
}
