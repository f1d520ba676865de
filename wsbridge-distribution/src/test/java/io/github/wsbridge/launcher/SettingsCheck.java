package io.github.wsbridge.launcher;

import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** Has a command check its settings, in this process, without the environment of whoever runs the tests. */
public final class SettingsCheck {

    private SettingsCheck() {}

    /**
     * Returns what the command prints about its settings.
     *
     * @param environment the variables that the command sees
     * @throws IllegalArgumentException with what the command complains about
     */
    public static String run(Map<String, String> environment, String... command) {
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        PrintStream out = new PrintStream(said, true, StandardCharsets.UTF_8);
        String[] args = new String[command.length + 1];
        System.arraycopy(command, 0, args, 0, command.length);
        args[command.length] = "--check";
        CommandContext here = new CommandContext(
                InputStream.nullInputStream(),
                OutputStream.nullOutputStream(),
                out,
                out,
                environment,
                false,
                new CompletableFuture<>(),
                hangup -> {});
        int code = Main.run(here, args);
        String text = said.toString(StandardCharsets.UTF_8);
        if (code != 0) {
            throw new IllegalArgumentException(text);
        }
        return text;
    }
}
