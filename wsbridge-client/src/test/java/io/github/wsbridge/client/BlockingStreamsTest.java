package io.github.wsbridge.client;

import io.github.wsbridge.spi.StreamTransport;
import io.github.wsbridge.testkit.StreamTransportContract;

class BlockingStreamsTest extends StreamTransportContract {

    private final StreamTransport transport = new CopyingStreams();

    @Override
    protected StreamTransport transport() {
        return transport;
    }
}
