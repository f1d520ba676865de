package io.github.wsbridge.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Fifteen seconds of the soak, in which a node goes and comes back. */
@Tag("system")
@Timeout(value = 4, unit = TimeUnit.MINUTES)
final class SoakSystemTest {

    @TempDir
    private Path folder;

    @Test
    void soak_findsNothingWrong() throws Exception {
        Path out = folder.resolve("out");
        Process soak = new ProcessBuilder(Jvm.command(Main.class.getName(), "", "soak", "--seconds", "15"))
                .redirectErrorStream(true)
                .redirectOutput(out.toFile())
                .start();
        try {
            assertThat(soak.waitFor(3, TimeUnit.MINUTES)).as("it ends").isTrue();
        } finally {
            soak.destroy();
            soak.waitFor(30, TimeUnit.SECONDS);
        }
        String printed = Files.readString(out);
        assertThat(soak.exitValue()).as(printed).isZero();
        assertThat(printed).contains("COMPLETE=", "the first node after:");
        System.out.print(printed);
    }
}
