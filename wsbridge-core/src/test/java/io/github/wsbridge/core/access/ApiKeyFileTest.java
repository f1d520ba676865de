package io.github.wsbridge.core.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.wsbridge.Endpoints;
import io.github.wsbridge.Query;
import io.github.wsbridge.spi.AccessPolicy.Access;
import io.github.wsbridge.spi.AccessPolicy.AccessRequest;
import io.github.wsbridge.spi.AccessPolicy.Action;
import io.github.wsbridge.spi.Peer;
import io.github.wsbridge.testkit.LogCapture;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ApiKeyFileTest {

    private static final String ALICE = "alice requester " + ApiKeyPolicy.hash("a") + "\n";
    private static final String FLEET = "fleet device " + ApiKeyPolicy.hash("f") + " plant-*\n";
    private static final String OTHERS = "others device " + ApiKeyPolicy.hash("o") + " office-*\n";

    @TempDir
    Path folder;

    private Path file;
    private ApiKeyFile keys;

    @BeforeEach
    void read() throws Exception {
        file = Files.writeString(folder.resolve("api-keys"), ALICE + FLEET + OTHERS);
        keys = ApiKeyFile.read(file);
    }

    private Access check(Action action, String deviceId, String key) {
        return keys.check(new AccessRequest(
                        action,
                        deviceId,
                        Query.parse(null),
                        name -> name.equals(Endpoints.API_KEY_HEADER) ? List.of(key) : List.of(),
                        new Peer("")))
                .toCompletableFuture()
                .join();
    }

    private Access.Granted granted(Action action, String deviceId, String key) {
        return (Access.Granted) check(action, deviceId, key);
    }

    private void change(String content) throws Exception {
        Files.writeString(file, content);
        assertThat(keys.look(true)).isTrue();
    }

    @Test
    void valid_keyRemoved_isFalseForWhatWasGrantedWithIt() throws Exception {
        Access.Granted listener = granted(Action.LISTEN, "plant-1", "f");
        Access.Granted other = granted(Action.LISTEN, "office-1", "o");
        assertThat(listener.principal()).isEqualTo("fleet");
        change(ALICE + OTHERS);
        assertThat(listener.valid().getAsBoolean()).isFalse();
        assertThat(other.valid().getAsBoolean()).isTrue();
        assertThat(check(Action.LISTEN, "plant-1", "f")).isEqualTo(new Access.Denied(401));
    }

    @Test
    void valid_keyForFewerDevices_isFalseForTheOthers() throws Exception {
        Access.Granted one = granted(Action.LISTEN, "plant-1", "f");
        Access.Granted two = granted(Action.LISTEN, "plant-2", "f");
        change(ALICE + FLEET.replace("plant-*", "plant-2"));
        assertThat(one.valid().getAsBoolean()).isFalse();
        assertThat(two.valid().getAsBoolean()).isTrue();
    }

    @Test
    void valid_ofARequester_endsWithItsKeyOrTheDevices() throws Exception {
        Access.Granted toPlant = granted(Action.CONNECT, "plant-1", "a");
        Access.Granted toOffice = granted(Action.CONNECT, "office-1", "a");
        change(ALICE + OTHERS);
        assertThat(toPlant.valid().getAsBoolean()).isFalse();
        assertThat(toOffice.valid().getAsBoolean()).isTrue();
        change(OTHERS);
        assertThat(toOffice.valid().getAsBoolean()).isFalse();
    }

    @Test
    void valid_ofARequester_endsWithTheDevicesOwnKey_andNotWithAnothers() throws Exception {
        String one = "d-1 device " + ApiKeyPolicy.hash("1") + "\n";
        String two = "d-2 device " + ApiKeyPolicy.hash("2") + "\n";
        change(ALICE + one + two);
        Access.Granted granted = granted(Action.CONNECT, "d-1", "a");
        change(ALICE + one);
        assertThat(granted.valid().getAsBoolean()).isTrue();
        change(ALICE + two);
        assertThat(granted.valid().getAsBoolean()).isFalse();
    }

    @Test
    void valid_ofASignedUrl_endsWithTheLastKeyOfItsPrincipal() throws Exception {
        AccessRequest request = new AccessRequest(
                Action.CONNECT_SIGNED, "plant-1", Query.parse("principal=alice"), name -> List.of(), new Peer(""));
        Access.Granted granted =
                (Access.Granted) keys.check(request).toCompletableFuture().join();
        assertThat(granted.principal()).isEqualTo("alice");
        change("alice requester " + ApiKeyPolicy.hash("new") + "\n" + FLEET + OTHERS);
        assertThat(granted.valid().getAsBoolean()).as("she has another key").isTrue();
        change("alice device " + ApiKeyPolicy.hash("new") + "\n" + FLEET + OTHERS);
        assertThat(granted.valid().getAsBoolean()).isFalse();
        assertThat(keys.check(request).toCompletableFuture().join()).isEqualTo(new Access.Denied(403));
    }

    @Test
    void valid_keyAddedOrRenamed_staysTrue() throws Exception {
        Access.Granted requester = granted(Action.CONNECT, "plant-1", "a");
        change(ALICE.replace("alice", "bob") + FLEET + OTHERS + "new requester " + ApiKeyPolicy.hash("n"));
        assertThat(requester.valid().getAsBoolean()).isTrue();
        assertThat(granted(Action.CONNECT, "plant-1", "a").principal()).isEqualTo("bob");
    }

    @Test
    void look_invalidFile_keepsTheOldKeys() throws Exception {
        Access.Granted requester = granted(Action.CONNECT, "plant-1", "a");
        Files.writeString(file, "nonsense");
        try (LogCapture log = new LogCapture()) {
            assertThat(keys.look(true)).isFalse();
            assertThat(keys.look(true)).isFalse();
            assertThat(log.loud()).singleElement().asString().contains("line 1: expected NAME ROLE HASH");
        }
        assertThat(requester.valid().getAsBoolean()).isTrue();
        assertThatThrownBy(() -> ApiKeyFile.read(file)).isInstanceOf(IllegalArgumentException.class);
    }
}
