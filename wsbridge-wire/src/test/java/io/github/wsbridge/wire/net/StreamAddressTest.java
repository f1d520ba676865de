package io.github.wsbridge.wire.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetSocketAddress;
import java.net.UnixDomainSocketAddress;
import org.junit.jupiter.api.Test;

class StreamAddressTest {

    @Test
    void parse_eitherForm_isReadAndWritten() {
        assertThat(StreamAddress.parse("[::1]:80"))
                .isEqualTo(new HostPort("::1", 80))
                .hasToString("[::1]:80");
        assertThat(StreamAddress.parse("unix:/run/a b.sock"))
                .isEqualTo(new UnixPath("/run/a b.sock"))
                .hasToString("unix:/run/a b.sock");
        assertThat(StreamAddress.parse("unix:./here")).isEqualTo(new UnixPath("./here"));
    }

    @Test
    void parse_unixWithoutASlash_isAHost() {
        assertThat(StreamAddress.parse("unix:80")).isEqualTo(new HostPort("unix", 80));
        assertThatThrownBy(() -> StreamAddress.parse("unix:file"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("'unix:file' is neither HOST:PORT nor unix:/PATH");
    }

    @Test
    void parse_controlCharacters_areRefused() {
        assertThatThrownBy(() -> StreamAddress.parse("unix:/a\nb")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new UnixPath("")).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void of_boundAddress_isNumeric() {
        assertThat(StreamAddress.of(new InetSocketAddress("127.0.0.1", 22))).hasToString("127.0.0.1:22");
        assertThat(StreamAddress.of(UnixDomainSocketAddress.of("/a/b"))).isEqualTo(new UnixPath("/a/b"));
        assertThatThrownBy(() -> StreamAddress.of(InetSocketAddress.createUnresolved("host", 1)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void resolve_unixPath_isItsSocket() throws Exception {
        assertThat(StreamAddress.parse("unix:/a/b").resolve()).hasSize(1);
        assertThat(new UnixPath("/a/b").resolve()).containsExactly(UnixDomainSocketAddress.of("/a/b"));
    }
}
