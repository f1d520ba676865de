package io.github.wsbridge.launcher.management;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ReadAccessTest {

    private static final List<String> NOTHING = List.of();

    private final ReadAccess open = new ReadAccess(null, null);
    private final ReadAccess keyed = new ReadAccess(() -> "the-key", () -> "the-admin-key");

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
    void request_withSeveralHosts_isRefused() throws Exception {
        ReadAccess.Request two = new ReadAccess.Request(
                InetAddress.getByName("127.0.0.1"), List.of("localhost", "evil.example.com"), NOTHING, false);
        assertThat(open.decide(two)).isEqualTo(403);
        assertThat(keyed.decide(request("127.0.0.1", List.of("Bearer wrong"))))
                .as("a wrong key is told, even where none is needed")
                .isEqualTo(401);
    }

    @Test
    void password_ofABrowser_readsButChangesNothing() throws Exception {
        List<String> typed = List.of("Basic " + encoded("anybody:the-key"));
        assertThat(keyed.decide(request("192.0.2.1", typed))).isEqualTo(200);
        assertThat(keyed.decideChange(request("192.0.2.1", typed))).isEqualTo(401);
        for (String other : List.of("anybody:another", "the-key:", "anybody:the-admin-key")) {
            List<String> wrong = List.of("Basic " + encoded(other));
            assertThat(keyed.decide(request("192.0.2.1", wrong))).as(other).isEqualTo(401);
            assertThat(keyed.decideChange(request("192.0.2.1", wrong)))
                    .as(other)
                    .isEqualTo(401);
        }
        assertThat(keyed.decide(request("192.0.2.1", List.of("Basic ?")))).isEqualTo(401);
        assertThat(open.decide(request("192.0.2.1", typed))).isEqualTo(401);
    }

    @Test
    void change_needsItsOwnKey_alsoOnThisMachine() throws Exception {
        assertThat(keyed.decideChange(request("127.0.0.1", NOTHING))).isEqualTo(401);
        assertThat(keyed.decideChange(request("127.0.0.1", List.of("Bearer the-key"))))
                .isEqualTo(401);
        assertThat(keyed.decideChange(request("192.0.2.1", List.of("Bearer the-admin-key"))))
                .isEqualTo(200);
        assertThat(keyed.decide(request("192.0.2.1", List.of("Bearer the-admin-key"))))
                .isEqualTo(200);
        assertThat(open.decideChange(request("127.0.0.1", List.of("Bearer the-admin-key"))))
                .isEqualTo(403);
    }

    private static String encoded(String pair) {
        return Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.UTF_8));
    }
}
