package io.github.wsbridge.it;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;

/**
 * A copy of the project's {@code wsbridge} script in its own folder, with the jars on this test's class path in the
 * layout of the build. In the project's folder, the script might start a build, which would replace the jars that this
 * JVM has open.
 */
final class Launcher {

    private final Path script;

    private Launcher(Path script) {
        this.script = script;
    }

    /** Returns a copy that was installed in another folder and moved here. */
    static Launcher moved(Path folder) {
        return new Launcher(folder.resolve("wsbridge"));
    }

    static Launcher install(Path folder) throws IOException {
        Path target = folder.resolve("wsbridge-launcher/target");
        Path lib = Files.createDirectories(target.resolve("lib"));
        int count = 0;
        for (String entry : System.getProperty("java.class.path").split(":")) {
            Path path = Path.of(entry);
            if (path.endsWith("test-classes") || !Files.exists(path)) {
                continue;
            }
            Path jar = lib.resolve(count++ + ".jar");
            if (Files.isDirectory(path)) {
                pack(path, jar);
            } else {
                Files.copy(path, jar);
            }
        }
        Files.writeString(target.resolve("wsbridge.stamp"), System.getProperty("java.home") + "/bin/java\n");
        Path script = folder.resolve("wsbridge");
        Files.copy(source(), script, StandardCopyOption.COPY_ATTRIBUTES);
        return new Launcher(script);
    }

    /** Returns a command line for the script. */
    List<String> command(String... arguments) {
        List<String> command = new ArrayList<>(List.of(script.toString()));
        command.addAll(List.of(arguments));
        return command;
    }

    /** Finds the project's script in the working directory or a parent of it. */
    private static Path source() {
        for (Path at = Path.of("").toAbsolutePath(); at != null; at = at.getParent()) {
            if (Files.isRegularFile(at.resolve("wsbridge"))) {
                return at.resolve("wsbridge");
            }
        }
        throw new IllegalStateException(
                "the script wsbridge is not above " + Path.of("").toAbsolutePath());
    }

    private static void pack(Path classes, Path jar) throws IOException {
        try (OutputStream file = Files.newOutputStream(jar);
                JarOutputStream out = new JarOutputStream(file);
                Stream<Path> files = Files.walk(classes)) {
            for (Path path : files.filter(Files::isRegularFile).toList()) {
                out.putNextEntry(new ZipEntry(classes.relativize(path).toString()));
                Files.copy(path, out);
                out.closeEntry();
            }
        }
    }
}
