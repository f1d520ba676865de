package io.github.wsbridge.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.core.access.ApiKeyPolicy;
import io.github.wsbridge.core.tokens.TokenKeys;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class KeysCommandTest {

    @TempDir
    Path folder;

    private Path file;

    @BeforeEach
    void create() throws Exception {
        file = folder.resolve("keys.json");
        assertThat(Run.of("keys", "create", file.toString()).code()).isZero();
    }

    @Test
    void create_newFile_isReadableByItsOwnerOnly() throws Exception {
        assertThat(keys()).singleElement().matches(TokenKeys.Key::primary);
        if (Files.getFileStore(file).supportsFileAttributeView("posix")) {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                    .isEqualTo("rw-------");
        }
    }

    @Test
    void create_existingFile_leavesItAlone() throws Exception {
        String before = Files.readString(file);
        Run run = Run.of("keys", "create", file.toString());
        assertThat(run.code()).isEqualTo(1);
        assertThat(run.err()).contains("exists");
        assertThat(file).hasContent(before);
    }

    @Test
    void list_showsIdsAndNoSecret() throws Exception {
        Run run = Run.of("keys", "list", file.toString());
        assertThat(run.code()).isZero();
        assertThat(run.out()).contains(keys().get(0).number(), "primary").doesNotContain("value");
    }

    @Test
    void promote_idsAsListShowsThem_upTo32Bits() throws Exception {
        String json = Files.readString(file).replaceAll("(?i)(keyId\"): ?\\d+", "$1:4294967295");
        Files.writeString(file, json);
        assertThat(Run.of("keys", "add", file.toString()).code()).isZero();
        Run list = Run.of("keys", "list", file.toString());
        assertThat(list.code()).isZero();
        assertThat(list.out()).contains("4294967295");
        String fresh = keys().get(1).number();
        assertThat(Run.of("keys", "promote", file.toString(), fresh).code()).isZero();
        assertThat(Run.of("keys", "promote", file.toString(), "4294967295").code())
                .isZero();
        Run unknown = Run.of("keys", "promote", file.toString(), "4294967294");
        assertThat(unknown.code()).isEqualTo(1);
        assertThat(unknown.err()).contains("no such key: 4294967294");
        assertThat(Run.of("keys", "promote", file.toString(), "4294967296").code())
                .isEqualTo(2);
        assertThat(Run.of("keys", "retire", file.toString(), "first").code()).isEqualTo(2);
    }

    @Test
    void rotation_stepByStep_endsWithAnotherKey() throws Exception {
        String old = keys().get(0).number();
        assertThat(Run.of("keys", "add", file.toString()).code()).isZero();
        String fresh = keys().get(1).number();
        assertThat(keys()).extracting(TokenKeys.Key::primary).containsExactly(true, false);
        assertThat(Run.of("keys", "promote", file.toString(), fresh).code()).isZero();
        assertThat(keys()).extracting(TokenKeys.Key::primary).containsExactly(false, true);
        assertThat(Run.of("keys", "retire", file.toString(), old).code()).isZero();
        assertThat(keys()).extracting(TokenKeys.Key::number).containsExactly(fresh);
    }

    @Test
    void rotate_threeTimes_isOneRotation() throws Exception {
        int old = keys().get(0).id();
        for (int size : List.of(2, 2, 1)) {
            Run run = Run.of("keys", "rotate", file.toString());
            assertThat(run.code()).isZero();
            assertThat(run.out()).contains("every node");
            assertThat(keys()).hasSize(size);
        }
        assertThat(keys()).singleElement().matches(key -> key.primary() && key.id() != old);
    }

    @Test
    void retire_primaryKey_failsAndChangesNothing() throws Exception {
        String before = Files.readString(file);
        Run run = Run.of("keys", "retire", file.toString(), keys().get(0).number());
        assertThat(run.code()).isEqualTo(1);
        assertThat(run.err()).contains("is the primary key");
        assertThat(file).hasContent(before);
    }

    @Test
    void apiKey_line_isReadByNodes() throws Exception {
        Run run = Run.of("keys", "api-key", "pi", "device", "--devices", "pi-*");
        assertThat(run.code()).isZero();
        List<String> lines = run.out().lines().toList();
        String key = lines.get(0).replaceFirst("key:\\s+", "");
        String line = lines.get(1).replaceFirst("line:\\s+", "");
        assertThat(line).isEqualTo("pi device " + ApiKeyPolicy.hash(key) + " pi-*");
        ApiKeyPolicy.parse(List.of(line));
    }

    @Test
    void apiKey_ofADevice_isGoodForItAlone_unlessAnyDeviceIsNamed() throws Exception {
        Run own = Run.of("keys", "api-key", "pi-7", "device");
        assertThat(own.code()).isZero();
        assertThat(own.out())
                .containsPattern("line: +pi-7 device [0-9a-f]{64}\n")
                .doesNotContain("ANY");
        for (String[] any : new String[][] {{"--any-device"}, {"--devices", "*"}}) {
            List<String> args = new ArrayList<>(List.of("keys", "api-key", "fleet", "device"));
            args.addAll(List.of(any));
            Run fleet = Run.of(args.toArray(String[]::new));
            assertThat(fleet.code()).isZero();
            assertThat(fleet.out())
                    .containsPattern("line: +fleet device [0-9a-f]{64} \\*\n")
                    .contains("ANY device");
        }
        assertThat(Run.of("keys", "api-key", "alice", "requester", "--any-device")
                        .code())
                .isEqualTo(2);
        assertThat(Run.of("keys", "api-key", "pi-*", "device").code()).isEqualTo(2);
    }

    @Test
    void apiKey_toFiles_printsNoSecret_andOverwritesNothing() throws Exception {
        Path lines = folder.resolve("api-keys");
        Path key = folder.resolve("alice.key");
        String[] command = {
            "keys", "api-key", "alice", "requester", "--append", lines.toString(), "--out", key.toString()
        };
        Run run = Run.of(command);
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.out()).isEmpty();
        assertThat(lines)
                .content()
                .startsWith("alice requester "
                        + ApiKeyPolicy.hash(Files.readString(key).strip()));
        String before = Files.readString(lines);
        assertThat(Run.of(command).code()).isEqualTo(1);
        assertThat(lines).hasContent(before);
    }

    @Test
    void apiKey_devicesFrom_makesAKeyForEach() throws Exception {
        StringBuilder ids = new StringBuilder("# devices\n\n");
        for (int i = 0; i < 3000; i++) {
            ids.append("pi-").append(i).append('\n');
        }
        Path list = Files.writeString(folder.resolve("ids"), ids);
        Path lines = Files.writeString(folder.resolve("api-keys"), "# keys");
        Path out = folder.resolve("device-keys");
        Run run = Run.of(
                "keys",
                "api-key",
                "--devices-from",
                list.toString(),
                "--append",
                lines.toString(),
                "--out",
                out.toString());
        assertThat(run.code()).as(run.err()).isZero();
        List<String> keys = Files.readAllLines(out);
        assertThat(keys).hasSize(3000);
        assertThat(Files.readAllLines(lines)).hasSize(3001).startsWith("# keys");
        String[] last = keys.get(2999).split(" ");
        assertThat(last[0]).isEqualTo("pi-2999");
        assertThat(Files.readString(lines)).endsWith("\npi-2999 device " + ApiKeyPolicy.hash(last[1]) + "\n");
        ApiKeyPolicy.read(lines);
        if (Files.getFileStore(out).supportsFileAttributeView("posix")) {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(out)))
                    .isEqualTo("rw-------");
        }
        Files.writeString(list, "good\nnot good\n");
        Run bad = Run.of("keys", "api-key", "--devices-from", list.toString());
        assertThat(bad.code()).isEqualTo(1);
        assertThat(bad.err()).contains("line 2");
        assertThat(bad.out()).isEmpty();
        assertThat(Run.of("keys", "api-key", "x", "device", "--devices-from", list.toString())
                        .code())
                .isEqualTo(2);
    }

    @Test
    void apiKey_nameWithBlank_isRefused() throws Exception {
        assertThat(Run.of("keys", "api-key", "a b", "device").code()).isEqualTo(2);
    }

    private List<TokenKeys.Key> keys() throws Exception {
        return TokenKeys.read(file).keys();
    }
}
