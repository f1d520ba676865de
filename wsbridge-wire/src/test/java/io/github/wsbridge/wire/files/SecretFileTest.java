package io.github.wsbridge.wire.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemLoopException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SecretFileTest {

    @TempDir
    Path folder;

    private static String permissions(Path file) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
    }

    @Test
    void write_newFile_isReadableByItsOwnerOnly() throws Exception {
        Path file = folder.resolve("keys");
        SecretFile.write(file, "ü");
        assertThat(permissions(file)).isEqualTo("rw-------");
        assertThat(file).hasContent("ü");
        try (var files = Files.list(folder)) {
            assertThat(files).containsExactly(file);
        }
    }

    @Test
    void write_existingFile_keepsItsPermissionsAndGroup() throws Exception {
        Path file = Files.writeString(folder.resolve("keys"), "old");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));
        Object group = Files.getAttribute(file, "unix:gid");
        SecretFile.write(file, "new");
        assertThat(permissions(file)).isEqualTo("rw-r-----");
        assertThat(Files.getAttribute(file, "unix:gid")).isEqualTo(group);
        assertThat(file).hasContent("new");
    }

    @Test
    void write_fileOfAnotherUser_keepsOwnerAndGroup() throws Exception {
        Path file = Files.writeString(folder.resolve("keys"), "old");
        assumeThat(Files.getAttribute(file, "unix:uid")).as("root only").isEqualTo(0);
        Files.setAttribute(file, "unix:uid", 12345);
        Files.setAttribute(file, "unix:gid", 23456);
        SecretFile.write(file, "new");
        assertThat(Files.getAttribute(file, "unix:uid")).isEqualTo(12345);
        assertThat(Files.getAttribute(file, "unix:gid")).isEqualTo(23456);
        assertThat(file).hasContent("new");
    }

    @Test
    void append_addsWholeLines_andKeepsWhatIsThere() throws Exception {
        Path file = folder.resolve("keys");
        SecretFile.append(file, List.of("a", "b"));
        assertThat(permissions(file)).isEqualTo("rw-------");
        Files.writeString(file, "a\nb without an end");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));
        SecretFile.append(file, List.of("c"));
        assertThat(file).hasContent("a\nb without an end\nc\n");
        assertThat(permissions(file)).isEqualTo("rw-r-----");
    }

    @Test
    void append_byManyAtOnce_losesNoLine() throws Exception {
        Path file = folder.resolve("keys");
        List<CompletableFuture<Void>> writers = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            String line = "line " + i;
            writers.add(CompletableFuture.runAsync(() -> {
                try {
                    SecretFile.append(file, List.of(line));
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }));
        }
        CompletableFuture.allOf(writers.toArray(CompletableFuture[]::new)).get(30, TimeUnit.SECONDS);
        assertThat(Files.readAllLines(file)).hasSize(8).doesNotHaveDuplicates();
    }

    @Test
    void write_symbolicLink_replacesWhatItLeadsTo() throws Exception {
        Path other = Files.createDirectory(folder.resolve("other"));
        Path file = Files.writeString(other.resolve("keys"), "old");
        Path link = Files.createSymbolicLink(folder.resolve("link"), Path.of("other/keys"));
        Path second = Files.createSymbolicLink(folder.resolve("second"), link);
        SecretFile.write(second, "new");
        assertThat(second).isSymbolicLink();
        assertThat(link).isSymbolicLink();
        assertThat(file).hasContent("new").isRegularFile();
        Files.delete(file);
        SecretFile.write(link, "again");
        assertThat(file).hasContent("again");
        Path loop = Files.createSymbolicLink(folder.resolve("loop"), Path.of("loop"));
        assertThatThrownBy(() -> SecretFile.write(loop, "x")).isInstanceOf(FileSystemLoopException.class);
    }

    @Test
    void read_byteOrderMark_isNoPartOfTheText() throws Exception {
        Path file = Files.writeString(folder.resolve("text"), "\uFEFFkey\r\n");
        assertThat(KeyText.read(file)).isEqualTo("key\r\n");
        Path big = Files.writeString(folder.resolve("big"), "key", StandardCharsets.UTF_16BE);
        assertThatThrownBy(() -> KeyText.read(big)).hasMessageContaining("UTF-16");
        Path latin = Files.write(folder.resolve("latin"), new byte[] {'k', (byte) 0xfc});
        assertThatThrownBy(() -> KeyText.read(latin)).hasMessageContaining("not a text in UTF-8");
    }
}
