package io.github.wsbridge.distribution;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The Debian package is installed in a root of its own, used there, and removed. Requires root. */
@Tag("system")
@Timeout(300)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class DebianPackageSystemTest {

    private static final List<String> UNITS = List.of("wsbridge-node.service", "wsbridge-device.service");

    @TempDir
    static Path folder;

    private static Path root;
    private static Commands commands;

    @BeforeAll
    static void prepare() throws Exception {
        assumeTrue(System.getProperty("user.name").equals("root"), "dpkg needs root");
        commands = new Commands(folder, Map.of("JAVA_HOME", System.getProperty("java.home")));
        root = Files.createDirectory(folder.resolve("root"));
        Files.createDirectories(root.resolve("var/lib/dpkg/updates"));
        Files.createDirectories(root.resolve("var/lib/dpkg/info"));
        Files.createFile(root.resolve("var/lib/dpkg/status"));
        Files.createFile(root.resolve("var/lib/dpkg/available"));
        Files.createDirectories(root.resolve("etc"));
        Files.createFile(root.resolve("etc/passwd"));
        Files.createFile(root.resolve("etc/group"));
    }

    private static String dpkg(String action, String what) throws Exception {
        return commands.run(
                "dpkg",
                "--root=" + root,
                "--force-script-chrootless",
                "--force-depends",
                "--log=/dev/null",
                action,
                what);
    }

    @Test
    @Order(1)
    void install_intoAnEmptyRoot_succeeds() throws Exception {
        dpkg("--install", Commands.built("wsbridge_.*_all\\.deb").toString());
        assertThat(dpkg("--status", "wsbridge"))
                .contains("Status: install ok installed", "/etc/wsbridge/node.properties");
        assertThat(Files.readString(root.resolve("etc/passwd"))).contains("wsbridge:");
        assertThat(Files.getPosixFilePermissions(root.resolve("etc/wsbridge"))).hasSize(5); // rwxr-x---
    }

    @Test
    @Order(2)
    void wsbridge_installed_runsAndItsFilesAreValid() throws Exception {
        String wsbridge = root.resolve("usr/share/wsbridge/bin/wsbridge").toString();
        assertThat(commands.run(wsbridge, "--version")).startsWith("wsbridge 0.");
        assertThat(Files.readSymbolicLink(root.resolve("usr/bin/wsbridge")))
                .isEqualTo(Path.of("/usr/share/wsbridge/bin/wsbridge"));
        for (String command : List.of("node", "device")) {
            Path settings = root.resolve("etc/wsbridge/" + command + ".properties");
            assertThat(commands.run(wsbridge, command, "--config", settings.toString(), "--check"))
                    .contains(" (file)");
        }
    }

    @Test
    @Order(3)
    void units_verified_areSoundAndConfined() throws Exception {
        for (String unit : UNITS) {
            // Without the units of a whole system, which a unit here depends on.
            String complaints = commands.end(
                            "systemd-analyze", "verify", "--man=no", "--recursive-errors=no", unit(unit))
                    .output();
            assertThat(complaints.lines().filter(line -> line.contains(unit)))
                    .as(complaints)
                    .isNotEmpty() // the command lies in another root
                    .allMatch(line -> line.contains("Command /usr/bin/wsbridge is not executable"));
            String security = commands.run("systemd-analyze", "security", "--offline=true", "--no-pager", unit(unit));
            Matcher level =
                    Pattern.compile("exposure level for .*: (\\d+\\.\\d)").matcher(security);
            assertThat(level.find()).as(security).isTrue();
            assertThat(Double.parseDouble(level.group(1))).as(security).isLessThan(2.5);
        }
    }

    private static String unit(String name) {
        return root.resolve("usr/lib/systemd/system/" + name).toString();
    }

    @Test
    @Order(4)
    void purge_installed_leavesNothing() throws Exception {
        dpkg("--purge", "wsbridge");
        try (Stream<Path> left = Files.walk(root)) {
            assertThat(left.filter(Files::isRegularFile)
                            .map(file -> root.relativize(file).toString())
                            .filter(file -> !file.startsWith("var/lib/dpkg/") && !user(file)))
                    .isEmpty();
        }
        assertThat(root.resolve("usr/share/wsbridge")).doesNotExist();
        assertThat(root.resolve("etc/wsbridge")).doesNotExist();
    }

    /** Users are never removed, since files may belong to them. */
    private static boolean user(String file) {
        return file.matches("etc/(passwd|group|shadow|gshadow)-?|etc/.pwd.lock");
    }
}
