package io.github.wsbridge.client;

import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.testkit.SocketConnectorContract;

class JdkConnectorContractTest extends SocketConnectorContract {

    @Override
    protected Connector newConnector() {
        return JdkConnector.create();
    }

    @Override
    protected boolean canSend(int code) {
        return code == 1000 || code >= 3000;
    }

    @Override
    protected boolean answersProtocolErrors() {
        return false;
    }
}
