package io.github.wsbridge.core.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.wsbridge.NodeAddress;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PeerNetworksTest {

    private final PeerNetworks networks = PeerNetworks.of(List.of("10.0.0.0/8", "fd00::/8"));

    private boolean permits(String node) {
        return networks.permits(NodeAddress.parse(node), Set.of(NodeAddress.parse("ws://node-1.internal:8080")));
    }

    @Test
    void node_isPermittedByItsAddress() {
        assertThat(permits("ws://10.1.2.3:8080")).isTrue();
        assertThat(permits("ws://10.1.2.3")).isTrue();
        assertThat(permits("wss://[fd00::7]/base")).isTrue();
        assertThat(permits("wss://[fd00::7]:8443")).isTrue();
        assertThat(permits("ws://[::ffff:10.1.2.3]:80"))
                .as("the same as 10.1.2.3")
                .isTrue();
        assertThat(permits("ws://11.1.2.3:8080")).isFalse();
        assertThat(permits("ws://[fe80::1]:8080")).isFalse();
        assertThat(permits("ws://[::ffff:169.254.169.254]")).isFalse();
    }

    @Test
    void name_isPermittedIfItIsListed() {
        assertThat(permits("ws://node-1.internal:8080")).isTrue();
        assertThat(permits("ws://node-1.internal:22")).isFalse();
        assertThat(permits("ws://node-2.internal:8080")).isFalse();
        assertThat(permits("ws://10.1:8080"))
                .as("a name, whatever a resolver makes of it")
                .isFalse();
    }

    @Test
    void source_isPermittedByItsAddress() {
        assertThat(networks.permits("10.1.2.3:50123")).isTrue();
        assertThat(networks.permits("10.1.2.3")).isTrue();
        assertThat(networks.permits("[fd00::1%eth0]:50123")).isTrue();
        assertThat(networks.permits("fd00:0:0:0:0:0:0:1:50123")).isTrue();
        assertThat(networks.permits("[fd00::1]")).as("as a proxy has named it").isTrue();
        assertThat(PeerNetworks.of(List.of("fd00::5")).permits("[fd00::5:1]")).isFalse();
        assertThat(networks.permits("192.0.2.1:50123")).isFalse();
        assertThat(networks.permits("")).isFalse();
        assertThat(networks.permits("unix")).isFalse();
    }

    @Test
    void any_permitsAll_andNoneIsAMistake() {
        assertThat(PeerNetworks.any().permits("")).isTrue();
        assertThat(PeerNetworks.any().permits(NodeAddress.parse("ws://anything"), Set.of()))
                .isTrue();
        assertThatThrownBy(() -> PeerNetworks.of(List.of())).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> PeerNetworks.of(List.of("10.0.0.1/8"))).hasMessageContaining("10.0.0.1/8");
    }
}
