package io.github.wsbridge.core.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.wsbridge.Endpoints;
import io.github.wsbridge.Query;
import io.github.wsbridge.spi.AccessPolicy.Access;
import io.github.wsbridge.spi.AccessPolicy.AccessRequest;
import io.github.wsbridge.spi.AccessPolicy.Action;
import io.github.wsbridge.spi.Peer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ApiKeyPolicyTest {

    private static final String HASH = ApiKeyPolicy.hash("key");

    private static Access check(ApiKeyPolicy policy, Action action, String deviceId, String... keys) {
        return policy.check(new AccessRequest(
                        action,
                        deviceId,
                        Query.parse(null),
                        name -> name.equals(Endpoints.API_KEY_HEADER) ? Arrays.asList(keys) : List.of(),
                        new Peer("")))
                .toCompletableFuture()
                .join();
    }

    @Test
    void check_role_mustFit() {
        ApiKeyPolicy policy = ApiKeyPolicy.parse(List.of(
                "# a comment",
                "",
                "  alice   requester\t" + HASH + "  plant-*  ",
                "sensor device " + ApiKeyPolicy.hash("other").toUpperCase(Locale.ROOT)));
        assertThat(check(policy, Action.CONNECT, "plant-1", "key")).isEqualTo(new Access.Granted("alice"));
        assertThat(check(policy, Action.LISTEN, "plant-1", "key")).isEqualTo(new Access.Denied(403));
        assertThat(check(policy, Action.CONNECT, "office", "key")).isEqualTo(new Access.Denied(403));
        assertThat(check(policy, Action.LISTEN, "sensor", "other")).isEqualTo(new Access.Granted("sensor"));
        assertThat(check(policy, Action.CONNECT, "plant-1", "unknown")).isEqualTo(new Access.Denied(401));
        assertThat(check(policy, Action.CONNECT, "plant-1", HASH))
                .as("the hash is no key")
                .isEqualTo(new Access.Denied(401));
        assertThat(check(policy, Action.CONNECT, "plant-1")).isEqualTo(new Access.Denied(401));
        assertThat(check(policy, Action.CONNECT, "plant-1", "key", "key")).isEqualTo(new Access.Denied(401));
        assertThat(policy.toString()).doesNotContain(HASH);
    }

    @Test
    void check_deviceKey_isGoodForTheDeviceOfItsName() {
        ApiKeyPolicy policy = ApiKeyPolicy.parse(List.of(
                "pi-1 device " + HASH,
                "pi-2 device " + ApiKeyPolicy.hash("two") + " {name}",
                "hub device " + ApiKeyPolicy.hash("hub") + " site-*/{name}/*",
                "fleet device " + ApiKeyPolicy.hash("fleet") + " *"));
        assertThat(check(policy, Action.LISTEN, "pi-1", "key")).isEqualTo(new Access.Granted("pi-1"));
        assertThat(check(policy, Action.LISTEN, "pi-2", "two")).isEqualTo(new Access.Granted("pi-2"));
        for (String other : List.of("pi-2", "pi-11", "PI-1", "{name}", "*", "pi-1 ")) {
            assertThat(check(policy, Action.LISTEN, other, "key")).as(other).isEqualTo(new Access.Denied(403));
        }
        assertThat(check(policy, Action.LISTEN, "site-3/hub/meter", "hub")).isEqualTo(new Access.Granted("hub"));
        assertThat(check(policy, Action.LISTEN, "hub", "hub")).isEqualTo(new Access.Denied(403));
        assertThat(check(policy, Action.LISTEN, "pi-1", "fleet")).isEqualTo(new Access.Granted("fleet"));
    }

    @Test
    void check_requesterKey_mayBeForTheDeviceOfItsName() {
        ApiKeyPolicy policy = ApiKeyPolicy.parse(List.of("pi-1 requester " + HASH + " {name}"));
        assertThat(check(policy, Action.CONNECT, "pi-1", "key")).isEqualTo(new Access.Granted("pi-1"));
        assertThat(check(policy, Action.CONNECT, "pi-2", "key")).isEqualTo(new Access.Denied(403));
    }

    @Test
    void check_accept_needsTheKeyOfThatDevice() {
        ApiKeyPolicy policy =
                ApiKeyPolicy.parse(List.of("pi-1 device " + HASH, "alice requester " + ApiKeyPolicy.hash("alice")));
        assertThat(check(policy, Action.ACCEPT, "pi-1", "key")).isEqualTo(new Access.Granted("pi-1"));
        assertThat(check(policy, Action.ACCEPT, "pi-2", "key")).isEqualTo(new Access.Denied(403));
        assertThat(check(policy, Action.ACCEPT, "pi-1", "alice")).isEqualTo(new Access.Denied(403));
        assertThat(check(policy, Action.ACCEPT, "pi-1")).isEqualTo(new Access.Denied(401));
    }

    @Test
    void check_exposedPort_isDeniedWhateverTheKey() {
        ApiKeyPolicy policy =
                ApiKeyPolicy.parse(List.of("alice requester " + HASH, "sensor device " + ApiKeyPolicy.hash("other")));
        assertThat(check(policy, Action.EXPOSE, "d", "key")).isEqualTo(new Access.Denied(403));
        assertThat(check(policy, Action.EXPOSE, "d", "other")).isEqualTo(new Access.Denied(403));
        assertThat(check(policy, Action.EXPOSE, "d")).isEqualTo(new Access.Denied(401));
    }

    @Test
    void parse_errors_nameTheLine() {
        for (String bad : List.of(
                "alice",
                "alice requester",
                "alice requester " + HASH + " * more",
                "alice admin " + HASH,
                "alice Requester " + HASH,
                "alice requester " + HASH.substring(1),
                "alice requester " + HASH + "0",
                "alice requester g" + HASH.substring(1),
                "pi-* device " + ApiKeyPolicy.hash("pi"),
                "bob device " + HASH)) {
            assertThatThrownBy(() -> ApiKeyPolicy.parse(List.of("# keys", "alice requester " + HASH, "", bad)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith("line 4: ")
                    .satisfies(e -> assertThat(e.getMessage()).doesNotContain(HASH));
        }
    }

    @Test
    void read_file_asItStands(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("keys");
        Files.writeString(file, "alice requester " + HASH + "\r\n#\r\n");
        assertThat(check(ApiKeyPolicy.read(file), Action.CONNECT, "d", "key")).isEqualTo(new Access.Granted("alice"));
        assertThatThrownBy(() -> ApiKeyPolicy.read(folder.resolve("missing"))).isInstanceOf(IOException.class);
    }

    @Test
    void newKey_isLongAndNeedsNoEscaping() {
        assertThat(ApiKeyPolicy.newKey()).matches("[A-Za-z0-9_-]{43}").isNotEqualTo(ApiKeyPolicy.newKey());
        assertThat(HASH).isEqualTo("2c70e12b7a0646f92279f427c7b38e7334d8e5389cff167a1dc30e73f826b683");
    }
}
