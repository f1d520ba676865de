package io.github.wsbridge.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.wsbridge.testkit.LogCapture;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@EnabledOnOs(OS.LINUX)
final class AuditFileTest {

    private static final byte[] LINE = "entry\n".getBytes(StandardCharsets.UTF_8);

    @Test
    void write_diskFull_isLoggedOnce_andGoesOnElsewhere(@TempDir Path dir) throws Exception {
        Path path = Files.createSymbolicLink(dir.resolve("audit"), Path.of("/dev/full"));
        try (AuditFile file = new AuditFile(path);
                LogCapture log = new LogCapture()) {
            for (int i = 0; i < 2; i++) {
                assertThatThrownBy(() -> file.write(LINE, 0, LINE.length)).isInstanceOf(IOException.class);
            }
            assertThat(log.loud()).singleElement().asString().contains(path.toString());
            Files.delete(path);
            file.reopen();
            file.write(LINE, 0, LINE.length);
        }
        assertThat(path).hasContent("entry\n");
    }

    @Test
    void pipe_withoutAReader_blocksNeitherTheStartNorTheEnd(@TempDir Path dir) throws Exception {
        Path path = dir.resolve("pipe");
        assertThat(new ProcessBuilder("mkfifo", path.toString()).start().waitFor())
                .isZero();
        byte[] much = new byte[1 << 20]; // more than a pipe takes
        AuditFile file = new AuditFile(path);
        file.write(LINE, 0, LINE.length);
        FutureTask<Void> writing = new FutureTask<>(() -> {
            file.write(much, 0, much.length);
            return null;
        });
        new Thread(writing).start();
        try (InputStream reader = Files.newInputStream(path)) {
            assertThat(reader.readNBytes(LINE.length)).isEqualTo(LINE);
            assertThat(reader.readNBytes(much.length / 2)).hasSize(much.length / 2);
            file.reopen();
            file.close();
            assertThatThrownBy(() -> writing.get(30, TimeUnit.SECONDS)).hasCauseInstanceOf(IOException.class);
        }
    }
}
