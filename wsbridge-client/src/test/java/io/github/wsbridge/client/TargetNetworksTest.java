package io.github.wsbridge.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TargetNetworksTest {

    private static boolean allows(TargetNetworks networks, String address) throws UnknownHostException {
        return networks.test(new InetSocketAddress(InetAddress.getByName(address), 80));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "169.254.169.254",
                "169.254.170.2",
                "::ffff:169.254.169.254",
                "64:ff9b::a9fe:a9fe",
                "2002:a9fe:a9fe::1",
                "fe80::1",
                "fe80::1%1",
                "fd00:ec2::254",
                "fd20:ce::254",
                "100.100.100.200",
                "192.0.0.192",
                "168.63.129.16"
            })
    void metadataServices_areDenied_unlessNamed(String address) throws Exception {
        assertThat(allows(TargetNetworks.all(), address)).isFalse();
        assertThat(allows(TargetNetworks.of(List.of(), List.of("192.0.2.0/24")), address))
                .isFalse();
        assertThat(allows(TargetNetworks.of(List.of("0.0.0.0/0", "::/0"), List.of()), address))
                .as("a network that is merely larger")
                .isFalse();
    }

    @Test
    void linkLocal_named_isAllowed() throws Exception {
        TargetNetworks networks = TargetNetworks.of(List.of("169.254.10.0/24", "fe80::/10"), List.of());
        assertThat(allows(networks, "169.254.10.7")).isTrue();
        assertThat(allows(networks, "fe80::7")).isTrue();
        assertThat(allows(networks, "169.254.169.254")).isFalse();
    }

    @Test
    void others_areAllowed_unlessThereIsAList() throws Exception {
        for (String address : List.of("127.0.0.1", "::1", "10.0.0.1", "192.0.2.1", "2001:db8::1")) {
            assertThat(allows(TargetNetworks.all(), address)).isTrue();
            assertThat(allows(TargetNetworks.of(List.of("192.168.7.0/24"), List.of()), address))
                    .isFalse();
        }
        TargetNetworks networks = TargetNetworks.of(List.of("192.168.0.0/16"), List.of("192.168.7.0/24"));
        assertThat(allows(networks, "192.168.6.1")).isTrue();
        assertThat(allows(networks, "192.168.7.1"))
                .as("the list of denied ones has precedence")
                .isFalse();
    }

    @Test
    void ipv4InsideIpv6_isJudgedAsBoth() throws Exception {
        TargetNetworks networks = TargetNetworks.of(List.of(), List.of("10.0.0.0/8"));
        assertThat(allows(networks, "64:ff9b::a00:1")).isFalse();
        assertThat(allows(networks, "2002:a00:1::1")).isFalse();
        assertThat(allows(networks, "64:ff9b::b00:1")).isTrue();
    }

    @Test
    void unresolved_isDenied_andAMistakeIsQuoted() {
        assertThat(TargetNetworks.all().test(InetSocketAddress.createUnresolved("localhost", 80)))
                .isFalse();
        assertThatThrownBy(() -> TargetNetworks.of(List.of("10.0.0.1/8"), List.of()))
                .hasMessageContaining("10.0.0.1/8");
    }
}
