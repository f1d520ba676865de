package io.github.wsbridge.jakarta;

class BridgesInUndertowTest extends BridgesInContainer {

    @Override
    Host host() {
        return new UndertowServer();
    }
}
