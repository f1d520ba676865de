package io.github.wsbridge.wire.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReloadedTest {

    @TempDir
    Path folder;

    private Path one;
    private Path other;
    private int reads;

    @BeforeEach
    void write() throws Exception {
        one = Files.writeString(folder.resolve("one"), "1");
        other = Files.writeString(folder.resolve("other"), "1");
    }

    private Reloaded<String> pair() throws Exception {
        return new Reloaded<>("pair", List.of(one, other), () -> {
            reads++;
            if (!Files.readString(one).equals(Files.readString(other))) {
                throw new IOException("they do not belong together");
            }
            return Files.readString(one);
        });
    }

    @Test
    void look_change_isTakenAtTheSecondLook() throws Exception {
        Reloaded<String> pair = pair();
        Files.writeString(one, "2");
        Files.writeString(other, "2");
        assertThat(pair.look(false)).isFalse();
        assertThat(pair.get()).isEqualTo("1");
        assertThat(pair.look(false)).isTrue();
        assertThat(pair.get()).isEqualTo("2");
        assertThat(pair.look(false)).isFalse();
        assertThat(reads).isEqualTo(2);
    }

    @Test
    void look_now_takesAChangeAtOnce() throws Exception {
        Reloaded<String> pair = pair();
        Files.writeString(one, "2");
        Files.writeString(other, "2");
        assertThat(pair.look(true)).isTrue();
        assertThat(pair.get()).isEqualTo("2");
    }

    @Test
    void look_sameContent_isNoChange_andSameTimeIsNoExcuse() throws Exception {
        Reloaded<String> pair = pair();
        Files.setLastModifiedTime(one, FileTime.fromMillis(1));
        assertThat(pair.look(true)).isFalse();
        assertThat(reads).isEqualTo(1);
        Files.writeString(one, "2");
        Files.writeString(other, "2");
        Files.setLastModifiedTime(one, FileTime.fromMillis(1));
        assertThat(pair.look(true)).isTrue();
    }

    @Test
    void look_halfReplaced_keepsTheOldUntilTheRestComes() throws Exception {
        Reloaded<String> pair = pair();
        Files.writeString(one, "2");
        assertThat(pair.look(false)).isFalse();
        assertThat(pair.look(false)).isFalse();
        assertThat(pair.look(false)).isFalse();
        assertThat(pair.get()).isEqualTo("1");
        assertThat(reads).as("what is unusable is read once").isEqualTo(2);
        Files.writeString(other, "2");
        pair.look(false);
        assertThat(pair.look(false)).isTrue();
        assertThat(pair.get()).isEqualTo("2");
    }

    @Test
    void look_missingFile_keepsTheOld() throws Exception {
        Reloaded<String> pair = pair();
        Files.delete(one);
        assertThat(pair.look(true)).isFalse();
        assertThat(pair.get()).isEqualTo("1");
        Files.writeString(one, "1");
        assertThat(pair.look(true)).as("the old one has returned").isFalse();
    }

    @Test
    void constructor_unusable_fails() throws Exception {
        Files.writeString(one, "2");
        assertThatThrownBy(this::pair).hasMessage("they do not belong together");
    }

    @Test
    void pipe_isReadOnce_andNeverChanges() throws Exception {
        Path pipe = folder.resolve("pipe");
        assumeThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor())
                .isZero();
        CompletableFuture<?> writing = CompletableFuture.runAsync(() -> {
            try {
                Files.writeString(pipe, "-----BEGIN X-----\nAAAA\n-----END X-----\n");
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        Reloaded<List<Pem.Block>> blocks = new Reloaded<>("pipe", List.of(pipe), () -> Pem.blocks(pipe));
        writing.get(10, TimeUnit.SECONDS);
        assertThat(blocks.get()).hasSize(1);
        assertThat(blocks.look(true)).isFalse();
    }

    @Test
    void endlessFile_isRefused() {
        Path endless = Path.of("/dev/zero");
        assumeThat(endless).exists();
        assertThatThrownBy(() -> KeyText.read(endless)).hasMessage("/dev/zero is longer than 16777216 bytes");
    }
}
