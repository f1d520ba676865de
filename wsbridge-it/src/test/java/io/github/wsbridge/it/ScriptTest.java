package io.github.wsbridge.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The {@code wsbridge} script on the JDK that runs the tests. */
@Timeout(300)
class ScriptTest {

    private static final String JAVA = System.getProperty("java.home") + "/bin/java";
    private static final String NODE_COMMAND = "io.github.wsbridge.launcher.NodeCommand source:";
    private static final String ARCHIVED = "shared objects file";

    @TempDir
    Path folder;

    private Programs programs;
    private Path home;
    private Launcher wsbridge;

    @BeforeEach
    void install() throws Exception {
        programs = new Programs(folder);
        install("installed here");
    }

    private void install(String name) throws Exception {
        home = Files.createDirectories(folder.resolve(name));
        wsbridge = Launcher.install(home);
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

        Programs.Running node = programs.start(node("--keys", keys.toString()));
        node.awaitLine("node ready");
        node.process().destroy();
        node.succeeded();
        assertThat(node.complaints()).isEmpty();
    }

    @Test
    void conformance_runsTheKit() throws Exception {
        Path target = Files.createDirectories(home.resolve("wsbridge-conformance/target"));
        Files.createSymbolicLink(target.resolve("lib"), target().resolve("lib"));
        Files.copy(target().resolve("wsbridge.stamp"), target.resolve("wsbridge.stamp"));
        assertThat(programs.run(wsbridge.command("conformance", "device", "--help")))
                .startsWith("Usage: wsbridge conformance device");
    }

    @Test
    void script_javaReplaced_checksItsVersionAgain() throws Exception {
        Path stamp = target().resolve("wsbridge.stamp");
        Files.writeString(stamp, "0 " + JAVA + "\n17\n17.0.1+1\n" + home + "\n");
        programs.run(wsbridge.command("help"));
        List<String> lines = Files.readAllLines(stamp);
        assertThat(lines).hasSize(4);
        assertThat(lines.get(0)).endsWith(" " + JAVA).doesNotStartWith("0 ");
        assertThat(lines.get(1)).isEqualTo(Integer.toString(Runtime.version().feature()));
        assertThat(lines.get(2)).startsWith(Integer.toString(Runtime.version().feature()));
        assertThat(lines.get(3)).isEqualTo(home.toString());
    }

    @Test
    void node_anotherProcessMakesTheArchive_startsWithout() throws Exception {
        programs.run(wsbridge.command("help"));
        String build = Files.readAllLines(target().resolve("wsbridge.stamp")).get(2);
        for (String kind : List.of(".jsa", ".aot")) {
            Files.createDirectory(target().resolve("wsbridge-" + build + kind + ".lock"));
        }
        Programs.Running node = programs.start(showingClasses(""));
        node.awaitLine("node ready");
        assertThat(node.awaitLine(NODE_COMMAND)).doesNotContain(ARCHIVED);
        node.process().destroy();
        node.succeeded();
        assertThat(node.complaints()).isEmpty();
        assertThat(archives()).isEmpty();
    }

    @Test
    @Tag("system") // runs a JVM a dozen times
    void node_secondStart_usesTheArchiveUntilAJarChanges() throws Exception {
        install("installed"); // JDK 17 archives only its own classes if the path contains a space
        assertThat(sourceOfNodeCommand("")).contains(ARCHIVED);
        Path archive = archives().get(0);
        FileTime made = Files.getLastModifiedTime(archive);
        assertThat(sourceOfNodeCommand("")).contains(ARCHIVED);
        assertThat(sourceOfNodeCommand("-Xshare:off")).as("options of the user").doesNotContain(ARCHIVED);
        assertThat(archives()).containsExactly(archive);
        assertThat(Files.getLastModifiedTime(archive)).isEqualTo(made);

        Files.setLastModifiedTime(target().resolve("lib/0.jar"), FileTime.from(Instant.now()));
        assertThat(sourceOfNodeCommand("")).contains(ARCHIVED);
        assertThat(archives()).containsExactly(archive);
        assertThat(Files.getLastModifiedTime(archive)).isGreaterThan(made);
    }

    @Test
    @Tag("system")
    void node_folderMoved_makesAnArchiveThere() throws Exception {
        install("installed");
        assertThat(sourceOfNodeCommand("")).contains(ARCHIVED);
        Path moved = folder.resolve("moved");
        Files.move(home, moved);
        home = moved;
        wsbridge = Launcher.moved(home);
        assertThat(sourceOfNodeCommand("")).contains(ARCHIVED);
    }

    @Test
    @Tag("system")
    void train_makesTheArchive_andSaysSo() throws Exception {
        install("installed");
        programs.run(wsbridge.command("help"));
        String build = Files.readAllLines(target().resolve("wsbridge.stamp")).get(2);
        Path empty = Files.createFile(
                target().resolve("wsbridge-" + build + (Runtime.version().feature() < 25 ? ".jsa" : ".aot")));
        List<String> train = new ArrayList<>(List.of("/usr/bin/env", "WSBRIDGE_JAVA_OPTS="));
        train.addAll(wsbridge.command("train"));
        assertThat(programs.run(train)).contains("class archive ready: " + empty.toRealPath());
        assertThat(empty).isNotEmptyFile();
    }

    @Test
    @Tag("system")
    void node_archiveCannotBeMade_isNotTriedAgain() throws Exception {
        programs.run(wsbridge.command("help"));
        String build = Files.readAllLines(target().resolve("wsbridge.stamp")).get(2);
        Path empty = Files.createFile(
                target().resolve("wsbridge-" + build + (Runtime.version().feature() < 25 ? ".jsa" : ".aot")));
        assertThat(sourceOfNodeCommand("")).doesNotContain(ARCHIVED);
        assertThat(empty).isEmptyFile();
    }

    /** Starts a node and stops it, which must print nothing to standard error; returns where its class came from. */
    private String sourceOfNodeCommand(String options) throws Exception {
        Programs.Running node = programs.start(showingClasses(options));
        node.awaitLine("node ready");
        String line = node.awaitLine(NODE_COMMAND);
        node.process().destroy();
        node.succeeded();
        assertThat(node.complaints()).isEmpty();
        return line;
    }

    /** Returns a command that starts a node on free ports: a taken one would be a warning. */
    private List<String> node(String... options) {
        List<String> args = new ArrayList<>(
                List.of("node", "--insecure", "--listen", "127.0.0.1:0", "--management-listen", "127.0.0.1:0"));
        args.addAll(List.of(options));
        return wsbridge.command(args.toArray(String[]::new));
    }

    private List<String> showingClasses(String options) {
        List<String> command =
                new ArrayList<>(List.of("/usr/bin/env", "WSBRIDGE_JAVA_OPTS=-Xlog:class+load " + options));
        command.addAll(node());
        return command;
    }

    private Path target() {
        return home.resolve("wsbridge-launcher/target");
    }

    private List<Path> archives() throws IOException {
        try (Stream<Path> files = Files.list(target())) {
            return files.filter(Files::isRegularFile)
                    .filter(file -> file.toString().matches(".*\\.(jsa|aot)"))
                    .toList();
        }
    }
}
