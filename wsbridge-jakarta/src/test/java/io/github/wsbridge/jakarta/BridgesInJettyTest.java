package io.github.wsbridge.jakarta;

class BridgesInJettyTest extends BridgesInContainer {

    @Override
    Host host() {
        return new JettyServer(10);
    }
}
