package io.github.wsbridge.launcher;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Secrets come from a file or from the environment, never from the command line, which every user of the machine sees. */
final class Secrets {

    private Secrets() {}

    /**
     * A secret.
     *
     * @param file holds it and nothing else; null where the environment may hold it
     * @param variable the environment variable that may hold it
     * @return the secret without blanks around it; empty where there is none
     * @throws IOException if the file cannot be read or is empty
     */
    static String read(@Nullable Path file, Map<String, String> env, String variable) throws IOException {
        if (file == null) {
            return env.getOrDefault(variable, "").strip();
        }
        String secret = Files.readString(file).strip();
        if (secret.isEmpty()) {
            throw new IOException(file + " is empty");
        }
        return secret;
    }
}
