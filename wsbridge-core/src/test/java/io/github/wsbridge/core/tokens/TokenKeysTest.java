package io.github.wsbridge.core.tokens;

import static io.github.wsbridge.core.TestCluster.A;
import static io.github.wsbridge.core.TestCluster.B;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.core.BridgeNode;
import io.github.wsbridge.core.Json;
import io.github.wsbridge.core.TestCluster;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.testkit.LogCapture;
import io.github.wsbridge.testkit.RecordingReceiver;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TokenKeysTest {

    @TempDir
    Path folder;

    private final TestCluster cluster = new TestCluster();
    private final AtomicReference<TokenKeys> keysOfA = new AtomicReference<>(cluster.keys);
    private final AtomicReference<TokenKeys> keysOfB = new AtomicReference<>(cluster.keys);

    private void bridgeOverBothNodes(BridgeNode a, BridgeNode b) throws InterruptedException {
        RecordingReceiver requester = TestCluster.request(a, "device", "");
        RecordingReceiver device =
                TestCluster.open(b, cluster.signaller.take(TestCluster.PATIENCE).acceptUrl(), "");
        assertThat(device.closed()).isNull();
        assertThat(requester.closed()).isNull();
        device.leg().close(CloseReason.normal());
        assertThat(requester.closed()).isEqualTo(CloseReason.normal());
    }

    @Test
    void rotation_nodeByNode_leavesNoGap() throws Exception {
        BridgeNode a = cluster.node(A, builder -> builder.keys(keysOfA::get).signaller(cluster.signaller));
        BridgeNode b = cluster.node(B, builder -> builder.keys(keysOfB::get).signaller(cluster.signaller));
        int old = cluster.keys.keys().get(0).id();
        TokenKeys added = cluster.keys.withNewKey();
        int fresh = added.keys().get(1).id();
        TokenKeys promoted = added.withPrimary(fresh);
        TokenKeys retired = promoted.without(old);
        for (TokenKeys next : List.of(added, promoted, retired)) {
            RecordingReceiver waiting = TestCluster.request(a, "waiting", "");
            URI early = cluster.signaller.take(TestCluster.PATIENCE).acceptUrl();
            keysOfA.set(next);
            bridgeOverBothNodes(a, b);
            bridgeOverBothNodes(b, a);
            keysOfB.set(next);
            bridgeOverBothNodes(a, b);
            bridgeOverBothNodes(b, a);
            if (next != retired || promoted.keys().get(1).primary()) {
                RecordingReceiver device = TestCluster.open(b, early, "");
                assertThat(device.closed()).as("an older token").isNull();
            }
            waiting.leg().close(CloseReason.normal());
        }
        keysOfB.set(cluster.keys);
        RecordingReceiver requester = TestCluster.request(a, "device", "");
        assertThat(TestCluster.open(
                                b, cluster.signaller.take(TestCluster.PATIENCE).acceptUrl(), "")
                        .closed()
                        .code())
                .as("the new key is not among the old ones")
                .isEqualTo(4410);
        requester.leg().close(CloseReason.normal());
    }

    @Test
    void keys_changes_areChecked() {
        TokenKeys keys = TokenKeys.generate();
        int primary = keys.keys().get(0).id();
        assertThatThrownBy(() -> keys.without(primary)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> keys.without(primary + 1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> keys.withPrimary(primary + 1)).isInstanceOf(IllegalArgumentException.class);
        assertThat(keys.withPrimary(primary).keys()).isEqualTo(keys.keys());
        assertThat(keys.withNewKey().keys())
                .hasSize(2)
                .first()
                .isEqualTo(keys.keys().get(0));
        assertThat(keys.withNewKey().keys().get(1).primary()).isFalse();
    }

    @Test
    void toString_showsNoKey() throws Exception {
        TokenKeys keys = TokenKeys.generate();
        String secret = Json.read(Fragment.text(keys.toJson()))
                .getArray("key")
                .getObject(0)
                .getObject("keyData")
                .getString("value");
        assertThat(keys.toString()).doesNotContain(secret).contains("ENABLED");
        assertThat(TokenKeys.parse(keys.toJson()).keys()).isEqualTo(keys.keys());
    }

    @Test
    void write_file_isReadableByItsOwnerOnly_unlessItWasOpenBefore() throws Exception {
        Path file = folder.resolve("keys.json");
        TokenKeys keys = TokenKeys.generate();
        keys.write(file);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));
        keys.write(file);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-r-----");
        assertThat(TokenKeys.read(file).keys()).isEqualTo(keys.keys());
        try (var files = Files.list(folder)) {
            assertThat(files).containsExactly(file);
        }
    }

    @Test
    void keyFile_openToOthers_warnsOnce() throws Exception {
        Path file = folder.resolve("keys.json");
        TokenKeys.generate().write(file);
        try (LogCapture log = new LogCapture()) {
            KeyFile.read(file).get();
            assertThat(log.loud()).isEmpty();
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
            KeyFile.read(file).get();
            assertThat(log.loud()).singleElement().asString().contains("keys.json", "world-readable");
        }
    }

    @Test
    void keys_idAboveTwoBillion_isShownAsTinkWritesIt() throws Exception {
        String json = TokenKeys.generate().toJson().replaceAll("(?i)(keyId\"): ?\\d+", "$1:4294967295");
        TokenKeys keys = TokenKeys.parse(json);
        assertThat(keys.toString()).contains("4294967295").doesNotContain("-1");
        assertThatThrownBy(() -> keys.withPrimary(-2)).hasMessageContaining("4294967294");
        assertThatThrownBy(() -> keys.without(-1)).hasMessageContaining("4294967295");
    }

    @Test
    void keyFile_changed_isReloadedAfterFiveSeconds() throws Exception {
        Path file = folder.resolve("keys.json");
        TokenKeys first = TokenKeys.generate();
        first.write(file);
        AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 1_000_000_000L); // nanoTime may wrap
        KeyFile keyFile = new KeyFile(file, nanos::get);
        TokenKeys second = first.withNewKey();
        second.write(file);
        Files.setLastModifiedTime(file, FileTime.from(Instant.parse("2026-01-01T00:00:00Z")));
        nanos.addAndGet(4_999_999_999L);
        assertThat(keyFile.get().keys()).isEqualTo(first.keys());
        nanos.incrementAndGet();
        assertThat(keyFile.get().keys()).isEqualTo(second.keys());
        assertThat(keyFile.get()).isSameAs(keyFile.get());
    }

    @Test
    void keyFile_damaged_keepsThePreviousKeys() throws Exception {
        Path file = folder.resolve("keys.json");
        TokenKeys keys = TokenKeys.generate();
        keys.write(file);
        AtomicLong nanos = new AtomicLong();
        KeyFile keyFile = new KeyFile(file, nanos::get);
        List<String> spoils = List.of(
                "",
                "{}",
                "[]",
                "null",
                "{\"primaryKeyId\":1,\"key\":[{}]}",
                "{\"primaryKeyId\":\"x\",\"key\":7}",
                keys.toJson().substring(0, 50),
                "\u0000");
        int time = 0;
        try (LogCapture log = new LogCapture()) {
            for (String spoilt : spoils) {
                Files.writeString(file, spoilt);
                Files.setLastModifiedTime(file, FileTime.fromMillis(++time * 1000L));
                nanos.addAndGet(5_000_000_000L);
                assertThat(keyFile.get().keys()).as(spoilt).isEqualTo(keys.keys());
            }
            Files.delete(file);
            nanos.addAndGet(5_000_000_000L);
            assertThat(keyFile.get().keys()).isEqualTo(keys.keys());
            assertThat(log.loud()).hasSize(spoils.size() + 1);
        }
        TokenKeys next = keys.withNewKey();
        next.write(file);
        Files.setLastModifiedTime(file, FileTime.fromMillis(++time * 1000L));
        nanos.addAndGet(5_000_000_000L);
        assertThat(keyFile.get().keys()).isEqualTo(next.keys());
        assertThatThrownBy(() -> KeyFile.read(folder.resolve("missing"))).isInstanceOf(IOException.class);
    }
}
