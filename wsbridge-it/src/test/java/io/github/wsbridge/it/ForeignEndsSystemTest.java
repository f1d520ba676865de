package io.github.wsbridge.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Requesters and devices without this project's code: Python with the package "websockets", and with plain sockets.
 */
@Tag("system")
@Timeout(value = 6, unit = TimeUnit.MINUTES)
final class ForeignEndsSystemTest {

    @TempDir
    private Path folder;

    private Programs programs;

    @BeforeEach
    void start() throws Exception {
        programs = new Programs(folder);
        Python.needs(programs, "websockets", "python3-websockets");
    }

    @AfterEach
    void stop() throws Exception {
        programs.close();
    }

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
        String printed = programs.run(Python.command(folder, "foreign_ends.py", connectBase, listenBase));
        assertThat(printed).contains(" passed, 0 failed");
    }
}
