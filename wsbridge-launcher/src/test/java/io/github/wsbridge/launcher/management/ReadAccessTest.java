package io.github.wsbridge.launcher.management;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ReadAccessTest {

    private static final List<String> NOTHING = List.of();

    private final ReadAccess open = new ReadAccess(null);
    private final ReadAccess keyed = new ReadAccess(() -> "the-key");

    private static ReadAccess.Request request(String from, List<String> authorizations) throws Exception {
        return new ReadAccess.Request(InetAddress.getByName(from), List.of("localhost:9480"), authorizations, false);
    }

    @Test
    void request_fromThisMachine_needsNoKey() throws Exception {
        assertThat(open.decide(request("127.0.0.1", NOTHING))).isEqualTo(200);
        assertThat(open.decide(request("::1", NOTHING))).isEqualTo(200);
        assertThat(keyed.decide(request("127.0.0.1", NOTHING))).isEqualTo(200);
    }

    @Test
    void request_fromAnotherMachine_needsTheKey() throws Exception {
        assertThat(open.decide(request("192.0.2.1", NOTHING))).isEqualTo(401);
        assertThat(open.decide(request("192.0.2.1", List.of("Bearer the-key")))).isEqualTo(401);
        assertThat(keyed.decide(request("192.0.2.1", NOTHING))).isEqualTo(401);
        assertThat(keyed.decide(request("192.0.2.1", List.of("Bearer the-key"))))
                .isEqualTo(200);
        assertThat(keyed.decide(request("192.0.2.1", List.of("Bearer the-ke")))).isEqualTo(401);
        assertThat(keyed.decide(request("192.0.2.1", List.of("the-key")))).isEqualTo(401);
        assertThat(keyed.decide(request("192.0.2.1", List.of("Bearer the-key", "Bearer the-key"))))
                .isEqualTo(401);
    }

    @Test
    void request_forTheNamesOfDevices_needsTheKeyEverywhere() throws Exception {
        List<String> key = List.of("Bearer the-key");
        assertThat(keyed.decideOnNames(request("127.0.0.1", key))).isEqualTo(200);
        assertThat(keyed.decideOnNames(request("192.0.2.1", key))).isEqualTo(200);
        assertThat(keyed.decideOnNames(request("127.0.0.1", NOTHING))).isEqualTo(401);
        assertThat(open.decideOnNames(request("127.0.0.1", NOTHING))).isEqualTo(401);
        assertThat(open.decideOnNames(request("127.0.0.1", key))).isEqualTo(401);
    }

    @Test
    void request_withSeveralHosts_isRefused() throws Exception {
        ReadAccess.Request two = new ReadAccess.Request(
                InetAddress.getByName("127.0.0.1"), List.of("localhost", "evil.example.com"), NOTHING, false);
        assertThat(open.decide(two)).isEqualTo(403);
        assertThat(keyed.decide(request("127.0.0.1", List.of("Bearer wrong"))))
                .as("a wrong key is told, even where none is needed")
                .isEqualTo(401);
    }
}
