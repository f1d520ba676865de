package io.github.wsbridge.wire.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import org.junit.jupiter.api.Test;

class AddressTurnsTest {

    @Test
    void families_takeTurns() throws Exception {
        InetSocketAddress six1 = new InetSocketAddress(InetAddress.getByName("fd00::1"), 1);
        InetSocketAddress six2 = new InetSocketAddress(InetAddress.getByName("fd00::2"), 1);
        InetSocketAddress four1 = new InetSocketAddress(InetAddress.getByName("10.0.0.1"), 1);
        InetSocketAddress four2 = new InetSocketAddress(InetAddress.getByName("10.0.0.2"), 1);
        assertThat(AddressTurns.alternating(List.of(six1, six2, four1, four2)))
                .containsExactly(six1, four1, six2, four2);
        assertThat(AddressTurns.alternating(List.of(four1, four2, six1))).containsExactly(four1, six1, four2);
    }
}
