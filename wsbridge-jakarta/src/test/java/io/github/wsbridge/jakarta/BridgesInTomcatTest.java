package io.github.wsbridge.jakarta;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.testkit.RawWebSocket;
import io.github.wsbridge.testkit.transport.FakeDoor;
import org.junit.jupiter.api.Test;

class BridgesInTomcatTest extends BridgesInContainer {

    @Override
    Host host() {
        return new TomcatServer(10, "HTTP/1.1", true);
    }

    @Test
    void applicationWithoutServlets_isServed() throws Exception {
        Host host = new TomcatServer(10, "HTTP/1.1", false);
        FakeDoor door = new FakeDoor();
        try (RawWebSocket raw = RawWebSocket.open(host.start(door), "/bridge/connect?deviceId=d")) {
            assertThat(door.takeEnd().leg()).isNotNull();
        } finally {
            host.stop();
        }
    }
}
