package io.github.wsbridge.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** Runs the system's Python with scripts from the test resources. */
final class Python {

    private static final List<String> SCRIPTS =
            List.of("echo_device.py", "foreign_ends.py", "raw_websocket.py", "session_h2.py", "wsbridge_v1.py");

    private Python() {}

    /** Returns a command line, after copying the scripts to {@code folder}. */
    static List<String> command(Path folder, String script, String... arguments) throws IOException {
        for (String name : SCRIPTS) {
            try (InputStream source = Python.class.getResourceAsStream("/" + name)) {
                Files.write(folder.resolve(name), Objects.requireNonNull(source).readAllBytes());
            }
        }
        List<String> command = new ArrayList<>(List.of(
                Programs.find("python3", "python3"),
                "-B",
                "-X",
                "utf8",
                folder.resolve(script).toString()));
        command.addAll(List.of(arguments));
        return command;
    }

    /** Fails if Python cannot import a module. */
    static void needs(Programs programs, String module, String debianPackage) throws Exception {
        Programs.Running importing =
                programs.start(List.of(Programs.find("python3", "python3"), "-c", "import " + module));
        assertThat(importing.exitCode())
                .as(
                        "Python's module %s is missing on this machine: install Debian's package %s,"
                                + " or run .ci/run: %s",
                        module, debianPackage, importing.complaints())
                .isZero();
    }
}
