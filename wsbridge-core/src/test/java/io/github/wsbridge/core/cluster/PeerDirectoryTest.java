package io.github.wsbridge.core.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.wsbridge.NodeAddress;
import java.net.UnknownHostException;
import org.junit.jupiter.api.Test;

/** Tests how a node finds the other nodes. */
class PeerDirectoryTest {

    @Test
    void dns_returnsANodeForEachAddress() throws Exception {
        assertThat(PeerDirectory.dns("ws", "localhost", 8080).nodes())
                .isNotEmpty()
                .allSatisfy(node -> assertThat(node.toString()).isIn("ws://127.0.0.1:8080", "ws://[::1]:8080"));
        assertThat(PeerDirectory.dns("wss", "::1", 443).nodes())
                .containsExactly(NodeAddress.parse("wss://[0:0:0:0:0:0:0:1]"));
        assertThatThrownBy(() -> PeerDirectory.dns("ws", "nowhere.invalid", 1).nodes())
                .isInstanceOf(UnknownHostException.class);
        assertThat(PeerDirectory.none().nodes()).isEmpty();
    }
}
