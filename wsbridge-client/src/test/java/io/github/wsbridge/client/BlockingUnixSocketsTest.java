package io.github.wsbridge.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.wsbridge.spi.StreamTransport;
import io.github.wsbridge.testkit.UnixSocketContract;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BlockingUnixSocketsTest extends UnixSocketContract {

    private final StreamTransport transport = new CopyingStreams();

    @Override
    protected StreamTransport transport() {
        return transport;
    }

    @Test
    void listen_controlCharacterInThePath_failsAndLeavesNoFile(@TempDir Path folder) {
        Path path = folder.resolve("two\nlines");
        assertThatThrownBy(() -> transport.listen(
                        UnixDomainSocketAddress.of(path), new StreamTransport.Limits(1, 1), (leg, client) -> {}))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("control characters");
        assertThat(path).doesNotExist();
    }
}
