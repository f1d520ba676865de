package io.github.wsbridge.launcher;

import io.github.wsbridge.wire.files.KeyText;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads secrets from a file or the environment, never from the command line, which every user of the machine can see.
 */
final class Secrets {

    private Secrets() {}

    /**
     * Reads a secret.
     *
     * @param file a file that contains only the secret; null to use the environment
     * @param variable the environment variable that may contain it
     * @return the secret without surrounding white space; empty if there is none
     * @throws IOException if the file cannot be read or is empty
     */
    static String read(@Nullable Path file, Map<String, String> env, String variable) throws IOException {
        if (file == null) {
            return env.getOrDefault(variable, "").strip();
        }
        String secret = KeyText.read(file).strip();
        if (secret.isEmpty()) {
            throw new IOException(file + " is empty");
        }
        return secret;
    }
}
