package io.github.wsbridge.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The {@code wsbridge} script on the JDK that runs the tests. */
@Timeout(300)
class ScriptTest {

    @TempDir
    Path folder;

    private Programs programs;
    private Launcher wsbridge;

    @BeforeEach
    void install() throws Exception {
        programs = new Programs(folder);
        wsbridge = Launcher.install(Files.createDirectories(folder.resolve("installed here")));
    }

    @AfterEach
    void close() throws Exception {
        programs.close();
    }

    @Test
    void keysAndNode_onAnyJdk_printNoWarnings() throws Exception {
        Path keys = folder.resolve("keys");
        Programs.Running create = programs.start(wsbridge.command("keys", "create", keys.toString()));
        create.succeeded();
        assertThat(create.complaints()).isEmpty();

        Programs.Running node = programs.start(
                wsbridge.command("node", "--insecure", "--listen", "127.0.0.1:0", "--keys", keys.toString()));
        node.awaitLine("node ready");
        node.process().destroy();
        node.succeeded();
        assertThat(node.complaints()).isEmpty();
    }

    @Test
    void script_javaReplaced_checksItsVersionAgain() throws Exception {
        Path stamp = folder.resolve("installed here/wsbridge-launcher/target/wsbridge.stamp");
        Files.writeString(stamp, "0 " + System.getProperty("java.home") + "/bin/java\n17\n");
        programs.run(wsbridge.command("help"));
        List<String> lines = Files.readAllLines(stamp);
        assertThat(lines).hasSize(2);
        assertThat(lines.get(0))
                .endsWith(" " + System.getProperty("java.home") + "/bin/java")
                .doesNotStartWith("0 ");
        assertThat(lines.get(1)).isEqualTo(Integer.toString(Runtime.version().feature()));
    }
}
