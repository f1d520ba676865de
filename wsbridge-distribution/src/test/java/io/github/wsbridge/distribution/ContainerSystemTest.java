package io.github.wsbridge.distribution;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The image of deploy/docker, built by buildah without any registry: both base images are programs of this machine, and
 * the JDK is the one that runs the tests. Requires root.
 */
@Tag("system")
@Timeout(600)
final class ContainerSystemTest {

    private static final Path PROJECT = Path.of("..").toAbsolutePath().normalize();
    private static final String JAVA_HOME = System.getProperty("java.home");
    private static final List<String> PROGRAMS = List.of(
            "sh", "bash", "cat", "sed", "dirname", "readlink", "head", "rm", "mv", "mkdir", "chmod", "uname", "touch");
    private static final int PUBLIC = 18_417;
    private static final int MANAGEMENT = 18_418;

    @TempDir
    static Path folder;

    private static Commands commands;
    private static String container;

    @BeforeAll
    static void build() throws Exception {
        assumeTrue(System.getProperty("user.name").equals("root"), "buildah's isolation by chroot needs root");
        commands = new Commands(
                folder,
                Map.of(
                        "BUILDAH_ISOLATION", "chroot",
                        "STORAGE_DRIVER", "vfs",
                        // A file system that buildah itself can lie on.
                        "TMPDIR", folder.toString()));
        String base = buildah("from", "scratch").strip();
        buildah("copy", "--quiet", base, machine().toString(), "/");
        buildah("config", "--env", "PATH=/jdk/bin:/usr/bin", base);
        buildah("commit", "--quiet", base, "localhost/base");
        List<String> build = new ArrayList<>(List.of("build", "--format", "docker"));
        build.addAll(List.of("--volume", JAVA_HOME + ":/jdk:ro"));
        for (String linked : linked()) {
            build.addAll(List.of("--volume", linked + ":" + linked + ":ro"));
        }
        build.addAll(List.of("--build-arg", "JDK_IMAGE=localhost/base", "--build-arg", "BASE_IMAGE=localhost/base"));
        build.addAll(List.of("-f", PROJECT.resolve("deploy/docker/Dockerfile").toString()));
        build.addAll(List.of("-t", "localhost/wsbridge", PROJECT.toString()));
        buildah(build.toArray(String[]::new));
        container = buildah("from", "localhost/wsbridge").strip();
    }

    @AfterAll
    static void clean() throws Exception {
        if (container != null) {
            buildah("rm", "--all");
        }
    }

    private static String[] line(String... arguments) {
        List<String> command = new ArrayList<>(List.of("buildah", "--storage-driver", "vfs"));
        command.addAll(List.of("--root", folder + "/store", "--runroot", folder + "/run"));
        command.addAll(List.of(arguments));
        return command.toArray(String[]::new);
    }

    private static String buildah(String... arguments) throws Exception {
        return commands.run(line(arguments));
    }

    /** Returns a folder with the few programs that the Dockerfile and the scripts use, and their libraries. */
    private static Path machine() throws Exception {
        Path root = Files.createDirectory(folder.resolve("machine"));
        Path programs = Files.createDirectories(root.resolve("usr/bin"));
        Files.createSymbolicLink(root.resolve("bin"), Path.of("usr/bin"));
        Files.createDirectory(root.resolve("tmp"));
        List<String> libraries = new ArrayList<>(List.of("ldd", JAVA_HOME + "/lib/server/libjvm.so"));
        libraries.addAll(List.of(JAVA_HOME + "/bin/java", JAVA_HOME + "/lib/libzip.so", JAVA_HOME + "/lib/libnio.so"));
        for (String name : PROGRAMS) {
            Files.copy(Path.of("/usr/bin", name).toRealPath(), programs.resolve(name));
            libraries.add("/usr/bin/" + name);
        }
        for (String line :
                commands.run(libraries.toArray(String[]::new)).lines().toList()) {
            String library = line.replaceFirst("^\\s.*?(/\\S+) \\(0x.*", "$1");
            if (!library.equals(line) && !library.startsWith(JAVA_HOME)) {
                copy(Path.of(library), root);
                if (library.endsWith("/libc.so.6")) { // what else is in its package, for Netty's native parts
                    for (String sibling : List.of("libdl.so.2", "libpthread.so.0", "librt.so.1")) {
                        copy(Path.of(library).resolveSibling(sibling), root);
                    }
                }
            }
        }
        return root;
    }

    private static void copy(Path library, Path root) throws IOException {
        Path copy = root.resolve(Path.of("/").relativize(library));
        Files.createDirectories(copy.getParent());
        if (!Files.exists(copy)) {
            Files.copy(library.toRealPath(), copy);
        }
    }

    /** Returns the folders outside the JDK that its links lead to: Debian has its configuration in /etc. */
    private static TreeSet<String> linked() throws Exception {
        TreeSet<String> folders = new TreeSet<>();
        try (Stream<Path> files = Files.walk(Path.of(JAVA_HOME).toRealPath())) {
            for (Path link : files.filter(Files::isSymbolicLink).toList()) {
                Path target = Files.exists(link) ? link.toRealPath() : link;
                if (target.startsWith("/etc") && target.getNameCount() > 2) {
                    folders.add("/" + target.subpath(0, 2));
                }
            }
        }
        return folders;
    }

    private static String[] inside(String... command) {
        List<String> run = new ArrayList<>(List.of("run"));
        for (String variable : List.of("LISTEN=127.0.0.1:" + PUBLIC, "MANAGEMENT_LISTEN=127.0.0.1:" + MANAGEMENT)) {
            run.addAll(List.of("--env", "WSBRIDGE_" + variable));
        }
        run.addAll(List.of("--env", "WSBRIDGE_JAVA_OPTS=-Xlog:class+load", container, "--"));
        run.addAll(List.of(command));
        return run.toArray(String[]::new);
    }

    @Test
    void image_config_hasNoRightsAndAHealthCheck() throws Exception {
        JsonNode config =
                new ObjectMapper().readTree(buildah("inspect", container)).at("/Docker/config");
        assertThat(config.path("User").asText()).isEqualTo("10001:10001");
        assertThat(config.at("/Entrypoint/0").asText()).isEqualTo("/opt/wsbridge/bin/wsbridge");
        assertThat(config.at("/Healthcheck/Test/1").asText()).isEqualTo("/opt/wsbridge/bin/health");
        Commands.Ended written = commands.end(line(inside("touch", "/opt/wsbridge/written")));
        assertThat(written.code()).as(written.output()).isNotZero();
        assertThat(written.output()).contains("Permission denied");
    }

    @Test
    void node_inTheContainer_startsFromItsArchiveAndIsHealthy() throws Exception {
        assertThat(commands.end(line(inside("/opt/wsbridge/bin/health"))).code())
                .as("before it runs")
                .isNotZero();
        Path output = folder.resolve("node.txt");
        Process node = commands.start(output, line(inside("/opt/wsbridge/bin/wsbridge", "node", "--insecure")));
        try {
            Awaitility.await()
                    .atMost(Duration.ofMinutes(2))
                    .until(() -> Files.readString(output).contains("node ready") || !node.isAlive());
            String said = Files.readString(output);
            assertThat(said).contains("node ready", "127.0.0.1:" + PUBLIC);
            assertThat(said.lines().filter(line -> line.contains("launcher.NodeCommand source:")))
                    .singleElement()
                    .asString()
                    .contains("shared objects file");
            buildah(inside("/opt/wsbridge/bin/health"));
            // Netty's native part is used where it lies, since nothing can be written.
            ProcessHandle java = node.descendants()
                    .filter(process -> process.info().command().orElse("").endsWith("/runtime/bin/java"))
                    .findFirst()
                    .orElseThrow();
            assertThat(Files.readString(Path.of("/proc/" + java.pid() + "/maps")))
                    .contains("/opt/wsbridge/native/libnetty_transport_native_epoll_");
            java.destroy();
            assertThat(node.waitFor(1, TimeUnit.MINUTES)).isTrue();
            assertThat(node.exitValue()).as(Files.readString(output)).isZero();
        } finally {
            node.descendants().forEach(ProcessHandle::destroyForcibly);
            node.destroyForcibly();
        }
    }
}
