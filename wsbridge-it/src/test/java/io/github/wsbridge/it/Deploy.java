package io.github.wsbridge.it;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The project's folder {@code deploy/}. */
final class Deploy {

    private Deploy() {}

    /** Reads a file by its path in the folder. */
    static String read(String name) throws IOException {
        Path at = Path.of("").toAbsolutePath();
        while (!Files.exists(at.resolve("deploy"))) {
            at = at.getParent();
        }
        return Files.readString(at.resolve("deploy").resolve(name));
    }
}
