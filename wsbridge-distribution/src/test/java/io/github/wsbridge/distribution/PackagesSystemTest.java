package io.github.wsbridge.distribution;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The archives, unpacked, on the Java runtime that runs the tests, and with the one that is in them. */
@Tag("system")
@Timeout(600)
final class PackagesSystemTest {

    private static final String JAVA_HOME = System.getProperty("java.home");

    @TempDir
    static Path folder;

    private static Path home;
    private static Commands commands;

    @BeforeAll
    static void unpack() throws Exception {
        commands = new Commands(folder, Map.of("JAVA_HOME", JAVA_HOME));
        home = unpacked("wsbridge-[0-9].*\\.tar\\.gz", Files.createDirectory(folder.resolve("plain")));
    }

    private static Path unpacked(String pattern, Path into) throws Exception {
        commands.run("tar", "-xzf", Commands.built(pattern).toString(), "-C", into.toString(), "--strip-components=1");
        return into;
    }

    @Test
    void wsbridge_throughALink_runs() throws Exception {
        Path link = Files.createSymbolicLink(folder.resolve("link"), home.resolve("bin/wsbridge"));
        assertThat(commands.run(link.toString(), "--version")).startsWith("wsbridge 0.");
    }

    @Test
    void jar_startedByJava_runs() throws Exception {
        String jar = home.resolve("wsbridge.jar").toString();
        assertThat(commands.run(JAVA_HOME + "/bin/java", "-jar", jar, "--version"))
                .startsWith("wsbridge 0.");
    }

    @Test
    void conformance_helps() throws Exception {
        assertThat(commands.run(home.resolve("bin/wsbridge").toString(), "conformance", "node", "--help"))
                .startsWith("Usage: wsbridge conformance node");
    }

    @Test
    void wsbridge_oldJava_saysWhatItNeeds() throws Exception {
        Path old = Files.createDirectories(folder.resolve("old/bin"));
        Files.createFile(
                old.resolve("java"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
        Files.writeString(folder.resolve("old/release"), "JAVA_VERSION=\"11.0.2\"\n");
        Commands.Ended ended = new Commands(
                        folder, Map.of("JAVA_HOME", old.getParent().toString()))
                .end(home.resolve("bin/wsbridge").toString(), "node");
        assertThat(ended.code()).isEqualTo(1);
        assertThat(ended.output()).contains("is Java 11", "17 or later");
    }

    @Test
    void wsbridge_noJava_saysSo() throws Exception {
        Path programs = Files.createDirectories(folder.resolve("programs"));
        for (String name : new String[] {"dirname", "sed", "readlink", "head"}) {
            Files.createSymbolicLink(programs.resolve(name), Path.of("/usr/bin", name));
        }
        Commands.Ended ended = new Commands(folder, Map.of("PATH", programs.toString()))
                .end("/bin/sh", home.resolve("bin/wsbridge").toString(), "node");
        assertThat(ended.code()).isEqualTo(1);
        assertThat(ended.output()).contains("install a Java runtime");
    }

    /** The training run is a node, a device, a tunnel and three hundred connections. */
    @Test
    void withJava_noJavaElsewhere_carriesConnectionsAndMakesItsArchive() throws Exception {
        Path own = unpacked("wsbridge-with-java-.*\\.tar\\.gz", Files.createDirectory(folder.resolve("own")));
        String wsbridge = own.resolve("bin/wsbridge").toString();
        Commands without = new Commands(folder, Map.of());
        assertThat(without.run(wsbridge, "train")).contains("class archive ready");
        assertThat(own.resolve("wsbridge." + (Runtime.version().feature() < 25 ? "jsa" : "aot")))
                .isNotEmptyFile();
        String classes = new Commands(folder, Map.of("JAVA_OPTS", "-Xlog:class+load"))
                .run(wsbridge, "node", "--insecure", "--check");
        assertThat(classes.lines().filter(line -> line.contains("launcher.NodeCommand source:")))
                .singleElement()
                .asString()
                .contains("shared objects file");
        // keytool makes the certificate of a device.
        assertThat(own.resolve("runtime/bin/keytool")).isExecutable();
    }

    @Test
    void completion_inBash_completesCommandsAndOptions() throws Exception {
        String file = home.resolve("share/bash-completion/completions/wsbridge").toString();
        String script = "exec 2>/dev/null; source " + file + ";"
                + " COMP_WORDS=(wsbridge nod); COMP_CWORD=1; _complete_wsbridge; echo ${COMPREPLY[@]};"
                + " COMP_WORDS=(wsbridge node --peers-d); COMP_CWORD=2; _complete_wsbridge; echo ${COMPREPLY[@]}";
        assertThat(commands.run("bash", "-c", script).lines()).containsExactly("node", "--peers-dns");
    }

    @Test
    void manuals_areThere_forAllCommands() throws Exception {
        for (String name : new String[] {"", "-node", "-device", "-tunnel", "-website", "-keys", "-keys-api-key"}) {
            String page = Files.readString(home.resolve("share/man/man1/wsbridge" + name + ".1"));
            assertThat(page).contains(".TH \"WSBRIDGE", ".SH \"NAME\"", ".SH \"OPTIONS\"");
        }
        assertThat(Files.readString(home.resolve("share/man/man1/wsbridge-node.1")))
                .contains("\\-\\-peers\\-dns");
    }

    @Test
    void archive_containsNoticesAndBill() throws Exception {
        assertThat(home.resolve("LICENSE")).isNotEmptyFile();
        assertThat(home.resolve("NOTICE")).isNotEmptyFile();
        assertThat(Files.readString(home.resolve("THIRD-PARTY.txt")))
                .contains("io.netty:netty-handler:")
                .doesNotContain("Unknown license");
        assertThat(Files.readString(home.resolve("sbom.json")))
                .contains("CycloneDX", "pkg:maven/io.netty/netty-handler@")
                .doesNotContain("junit");
    }

    @Test
    void archives_timesOfEntries_areFixed() throws Exception {
        String entries = commands.run(
                "tar",
                "--utc",
                "-tvzf",
                Commands.built("wsbridge-[0-9].*\\.tar\\.gz").toString());
        assertThat(entries.lines()).hasSizeGreaterThan(100).allMatch(line -> line.contains(" 2026-01-01 00:00 "));
    }
}
