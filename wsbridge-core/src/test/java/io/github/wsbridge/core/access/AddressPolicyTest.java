package io.github.wsbridge.core.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.wsbridge.Query;
import io.github.wsbridge.spi.AccessPolicy.Access;
import io.github.wsbridge.spi.AccessPolicy.AccessRequest;
import io.github.wsbridge.spi.AccessPolicy.Action;
import io.github.wsbridge.spi.Peer;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AddressPolicyTest {

    private static final Access DENIED = new Access.Denied(403);

    private static Access check(AddressPolicy policy, Action action, String peer) {
        return policy.check(new AccessRequest(action, "d", Query.parse(null), name -> List.of(), new Peer(peer)))
                .toCompletableFuture()
                .join();
    }

    @ParameterizedTest
    @CsvSource({
        "192.0.2.7, 192.0.2.7:1, 192.0.2.7",
        "192.0.2.7, 192.0.2.8:1, ",
        "192.0.2.0/24, 192.0.2.255:65535, 192.0.2.255",
        "192.0.2.0/24, 192.0.3.0:1, ",
        "192.0.2.128/25, 192.0.2.127:1, ",
        "192.0.2.128/25, 192.0.2.128:1, 192.0.2.128",
        "0.0.0.0/0, 203.0.113.9:1, 203.0.113.9",
        "0.0.0.0/0, [::1]:1, ",
        "::/0, 203.0.113.9:1, ",
        "::/0, [2001:db8::7]:1, 2001:db8::7",
        "2001:db8::/32, 2001:db8:0:0:0:0:0:7:50123, 2001:db8:0:0:0:0:0:7",
        "2001:db8::/32, 2001:db9:0:0:0:0:0:7:50123, ",
        "fe80::/10, fe80:0:0:0:0:0:0:1%eth0:50123, fe80:0:0:0:0:0:0:1",
        "fe80::/10, [fe80::1%2]:50123, fe80::1",
        "0.0.0.0/0, '', ",
        "0.0.0.0/0, 203.0.113.9, 203.0.113.9",
        "::1, [::1], ::1",
        "0.0.0.0/0, in-process, ",
        "0.0.0.0/0, localhost:1, ",
        "0.0.0.0/0, 203.0.113.256:1, ",
    })
    void check_addressInTheNetwork_isGrantedWithThatPrincipal(String network, String peer, String principal) {
        AddressPolicy policy = AddressPolicy.of(List.of(network));
        assertThat(check(policy, Action.EXPOSE, peer))
                .isEqualTo(principal == null ? DENIED : new Access.Granted(principal));
    }

    @Test
    void check_otherActions_areDenied() {
        AddressPolicy policy = AddressPolicy.loopback();
        assertThat(check(policy, Action.CONNECT, "127.0.0.1:1")).isEqualTo(DENIED);
        assertThat(check(policy, Action.LISTEN, "127.0.0.1:1")).isEqualTo(DENIED);
    }

    @Test
    void loopback_isThisMachineOnly() {
        AddressPolicy policy = AddressPolicy.loopback();
        for (String host : List.of("127.0.0.1", "127.255.0.9", "0:0:0:0:0:0:0:1", "[::1]")) {
            assertThat(check(policy, Action.EXPOSE, host + ":1")).as(host).isInstanceOf(Access.Granted.class);
        }
        for (String host : List.of("126.0.0.1", "128.0.0.1", "10.0.0.1", "[::2]", "[::]", "0.0.0.0")) {
            assertThat(check(policy, Action.EXPOSE, host + ":1")).as(host).isEqualTo(DENIED);
        }
    }

    @Test
    void of_severalNetworks_eachGrants_andNoneGrantsNobody() {
        AddressPolicy policy = AddressPolicy.of(List.of("10.0.0.0/8", "::1"));
        assertThat(check(policy, Action.EXPOSE, "10.9.9.9:1")).isEqualTo(new Access.Granted("10.9.9.9"));
        assertThat(check(policy, Action.EXPOSE, "0:0:0:0:0:0:0:1:1")).isInstanceOf(Access.Granted.class);
        assertThat(check(AddressPolicy.of(List.of()), Action.EXPOSE, "127.0.0.1:1"))
                .isEqualTo(DENIED);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "/8",
                "10.0.0.0/",
                "10.0.0.0/33",
                "10.0.0.0/-1",
                "10.0.0.0/8/8",
                "10.0.0.1/8",
                "10.0.0",
                "10",
                "10.0.0.256",
                "010.0.0.0",
                "example.com",
                "example.com/8",
                "::/129",
                "2001:db8::1/32",
                ":",
                ".:",
                "g::",
                "1:2",
                "[::1]",
                "10.0.0.0/8 ",
            })
    void of_anythingElse_isRefused(String network) {
        assertThatThrownBy(() -> AddressPolicy.of(List.of(network)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("'" + network + "' ");
    }
}
