package io.github.wsbridge.launcher;

import io.github.wsbridge.core.tokens.TokenKeys;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * The {@code keys} command: creates and rotates a cluster's keys, of which it prints no secret; {@link ApiKeyCommand}
 * is part of it.
 */
@Command(
        name = "keys",
        description = {"Creates and rotates the cluster's keys, and creates API keys.", ""},
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        synopsisSubcommandLabel = "COMMAND",
        commandListHeading = "%nCommands:%n",
        footerHeading = "%nRotation without interruption (nodes reload a changed file within five seconds):%n",
        footer = {
            "  1. wsbridge keys add keys.json          then copy the file to every node",
            "  2. wsbridge keys promote keys.json ID   then copy the file to every node",
            "  3. wsbridge keys retire keys.json ID    for the old key, after the accept timeout; then copy the file",
            "'wsbridge keys rotate keys.json' performs the next step and prints what to do afterwards."
        },
        exitCodeListHeading = Main.EXIT_CODES,
        exitCodeList = {Main.EXIT_0, Main.EXIT_1, Main.EXIT_2})
@SuppressWarnings("NullAway.Init")
final class KeysCommand implements Runnable {

    private static final String SHARED_FILE = "The key file";

    private final CommandContext here;

    @Mixin
    LogOptions logOptions;

    @Spec
    CommandSpec spec;

    KeysCommand(CommandContext here) {
        this.here = here;
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "a command is missing");
    }

    @Command(
            description = "Creates a key file with one key, readable only by its owner.",
            mixinStandardHelpOptions = true)
    void create(@Parameters(paramLabel = "FILE", description = SHARED_FILE) Path file, @Mixin LogOptions logOptions)
            throws IOException {
        if (Files.exists(file)) {
            throw new FileAlreadyExistsException(file + " already exists and was not changed");
        }
        write(TokenKeys.generate(), file);
    }

    @Command(description = "Lists the keys in a file, without secrets.", mixinStandardHelpOptions = true)
    void list(@Parameters(paramLabel = "FILE", description = SHARED_FILE) Path file, @Mixin LogOptions logOptions)
            throws IOException {
        show(read(file));
    }

    @Command(description = "Adds a key for decryption only.", mixinStandardHelpOptions = true)
    void add(@Parameters(paramLabel = "FILE", description = SHARED_FILE) Path file, @Mixin LogOptions logOptions)
            throws IOException {
        write(read(file).withNewKey(), file);
    }

    @Command(description = "Makes another key the one that encrypts.", mixinStandardHelpOptions = true)
    void promote(
            @Parameters(paramLabel = "FILE", description = SHARED_FILE) Path file,
            @Parameters(paramLabel = "ID", description = "The id of a key that every node already has") String id,
            @Mixin LogOptions logOptions)
            throws IOException {
        int number = number(id);
        write(read(file).withPrimary(number), file);
    }

    @Command(
            description = "Removes a key. Tokens encrypted with it can no longer be read.",
            mixinStandardHelpOptions = true)
    void retire(
            @Parameters(paramLabel = "FILE", description = SHARED_FILE) Path file,
            @Parameters(paramLabel = "ID", description = "The id of a key other than the primary one") String id,
            @Mixin LogOptions logOptions)
            throws IOException {
        int number = number(id);
        write(read(file).without(number), file);
    }

    @Command(
            description = "Performs the next step of a rotation: add, then promote, then retire.",
            mixinStandardHelpOptions = true)
    void rotate(@Parameters(paramLabel = "FILE", description = SHARED_FILE) Path file, @Mixin LogOptions logOptions)
            throws IOException {
        TokenKeys keys = read(file);
        List<TokenKeys.Key> all = keys.keys();
        int last = all.size() - 1;
        if (all.size() == 1) {
            write(keys.withNewKey(), file);
            here.say("Added a key. Copy the file to every node, wait five seconds, then rotate again.");
        } else if (!all.get(last).primary()) {
            write(keys.withPrimary(all.get(last).id()), file);
            here.say("The new key now encrypts. Copy the file to every node, wait for the accept timeout,"
                    + " then rotate again.");
        } else {
            write(keys.without(all.get(0).id()), file);
            here.say("Retired the oldest key. Copy the file to every node to complete the rotation.");
        }
    }

    private void write(TokenKeys keys, Path file) throws IOException {
        keys.write(file);
        show(keys);
    }

    private void show(TokenKeys keys) {
        for (TokenKeys.Key key : keys.keys()) {
            here.say(String.format(
                    "%11s  %s  %s",
                    key.number(),
                    key.kind(),
                    key.primary() ? "primary" : key.status().toLowerCase(java.util.Locale.ROOT)));
        }
    }

    private int number(String id) {
        try {
            return Integer.parseUnsignedInt(id);
        } catch (NumberFormatException e) {
            throw new ParameterException(spec.commandLine(), "'" + id + "' is not a key id as shown by 'keys list'");
        }
    }

    private static TokenKeys read(Path file) throws IOException {
        try {
            return TokenKeys.read(file);
        } catch (GeneralSecurityException e) {
            throw new IOException(file + " does not contain a keyset: " + e.getMessage(), e);
        }
    }
}
