package io.github.wsbridge.wire.net;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ClientAddressTest {

    @ParameterizedTest
    @CsvSource({
        "192.0.2.7:50123,192.0.2.7,192.0.2.7",
        "192.0.2.7,192.0.2.7,192.0.2.7",
        "in-process,in-process,in-process",
        "'','',''",
        "2001:db8:0:1:0:0:0:5:443,2001:db8:0:1:0:0:0:5,20010db800000001/64",
        "2001:db8:0:1:0:0:0:5,2001:db8:0:1:0:0:0:5,20010db800000001/64",
        "[2001:db8:0:1::9]:443,2001:db8:0:1::9,20010db800000001/64",
        "[fe80::1%eth0]:443,fe80::1,fe80000000000000/64",
        "fe80:0:0:0:0:0:0:1%eth0:443,fe80:0:0:0:0:0:0:1,fe80000000000000/64",
        "::1:443,::1,0000000000000000/64",
    })
    void hostAndSite_ofWhatTransportsWrite(String peer, String host, String site) {
        assertThat(ClientAddress.host(peer)).isEqualTo(host);
        assertThat(ClientAddress.site(peer)).isEqualTo(site);
    }
}
