package io.github.wsbridge.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Requester and device that know nothing of this project: Python with the package "websockets". */
@Tag("system")
final class ForeignEndsSystemTest {

    @TempDir
    private Path folder;

    @Test
    void pythonWebsockets_overOneNode() throws Exception {
        try (Cluster cluster = Cluster.start(1)) {
            run(cluster.url().toString(), cluster.url().toString());
        }
    }

    @Test
    void pythonWebsockets_acrossThreeNodes() throws Exception {
        try (Cluster cluster = Cluster.start(3)) {
            run(cluster.url(0).toString(), cluster.url(1).toString());
            assertThat(cluster.crossings.forwarded()).isPositive();
        }
    }

    private void run(String connectBase, String listenBase) throws Exception {
        Path script = folder.resolve("foreign_ends.py");
        try (InputStream source = getClass().getResourceAsStream("/foreign_ends.py")) {
            Files.write(script, Objects.requireNonNull(source).readAllBytes());
        }
        Path printed = folder.resolve("printed");
        Process python = new ProcessBuilder("/usr/bin/python3", script.toString(), connectBase, listenBase)
                .redirectErrorStream(true)
                .redirectOutput(printed.toFile())
                .start();
        boolean ended = python.waitFor(5, TimeUnit.MINUTES);
        python.destroyForcibly();
        assertThat(ended && python.exitValue() == 0)
                .as(Files.readString(printed))
                .isTrue();
    }
}
