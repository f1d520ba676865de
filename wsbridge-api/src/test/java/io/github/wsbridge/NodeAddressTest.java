package io.github.wsbridge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NodeAddressTest {

    @ParameterizedTest
    @CsvSource({
        "ws://10.1.2.3:8080, ws://10.1.2.3:8080",
        "ws://host/, ws://host",
        "WSS://host:443/base/, wss://host/base",
        "http://HOST:80/a/b///, ws://host/a/b",
        "https://[fd00::1]:8443, wss://[fd00::1]:8443",
        "ws://[FD00:0:0:0:0:0:0:2]:8080, ws://[fd00::2]:8080",
        "ws://[fd00:0000:0:1:0:0:0:0002], ws://[fd00:0:0:1::2]",
        "ws://[2001:db8:0:1:1:1:1:1], ws://[2001:db8:0:1:1:1:1:1]",
        "ws://[0:0:0:0:0:0:0:0], ws://[::]",
        "ws://[::ffff:10.1.2.3]:80, ws://10.1.2.3",
        "ws://node-0.bridge.default.svc.cluster.local:8080, ws://node-0.bridge.default.svc.cluster.local:8080",
        "ws://Bridge_Node_1:8080/, ws://bridge_node_1:8080",
        "wss://node_1:443, wss://node_1",
        "ws://host/a%2Fb%20c%C3%A9, ws://host/a%2Fb%20c%C3%A9",
        "ws://host/é/, ws://host/%C3%A9",
    })
    void parse_address_isNormalized(String text, String form) {
        NodeAddress address = NodeAddress.parse(text);
        assertThat(address).hasToString(form).isEqualTo(NodeAddress.parse(form));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "host:8080",
                "//host",
                "ftp://host",
                "ws:host",
                "ws://",
                "ws:///path",
                "ws://user@host",
                "ws://host?query",
                "ws://host?",
                "ws://host#fragment",
                "ws://under..score",
                "ws://ho st"
            })
    void parse_anythingElse_isRefused(String text) {
        assertThatIllegalArgumentException().isThrownBy(() -> NodeAddress.parse(text));
    }
}
