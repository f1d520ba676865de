package io.github.wsbridge.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class PeerTest {

    @TempDir
    private Path folder;

    @Test
    void missing_namesProgramsThatAreNotOnThePath() throws IOException {
        Path frps = Files.createFile(folder.resolve("frps"));
        Files.createFile(folder.resolve("frpc")); // not executable
        assertThat(frps.toFile().setExecutable(true)).isTrue();

        assertThat(Peer.FRP.missing("/nowhere::" + folder)).containsExactly("frpc");
        assertThat(Peer.FRP.missing("")).containsExactly("frps", "frpc");
        assertThat(Processes.onPath("frps", "/nowhere:" + folder)).contains(frps.toString());
    }

    /** Packages are always measured, so that a missing one is reported as a failure. */
    @Test
    void missing_ofPackages_isNothing() {
        assertThat(Peer.SOCAT.missing("")).isEmpty();
        assertThat(Peer.STUNNEL.missing("")).isEmpty();
    }
}
