package io.github.wsbridge.launcher;

import io.github.wsbridge.core.access.ApiKeyPolicy;
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
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Makes and rotates the keys of a cluster, and makes API keys. Shows no secret but a new API key, once. */
@Command(
        name = "keys",
        description = {"Makes and rotates the cluster's keys, and makes API keys.", ""},
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        synopsisSubcommandLabel = "COMMAND",
        commandListHeading = "%nCommands:%n",
        footerHeading = "%nRotation without a gap; nodes read a changed file within five seconds:%n",
        footer = {
            "  1. wsbridge keys add keys.json         and bring the file to every node",
            "  2. wsbridge keys promote keys.json ID  and bring the file to every node",
            "  3. wsbridge keys retire keys.json ID   of the old key, once the accept timeout has passed",
            "'wsbridge keys rotate keys.json' does the step that is next and says what comes after it."
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
            description = "Makes a key file with one key, readable by its owner only.",
            mixinStandardHelpOptions = true)
    void create(@Parameters(paramLabel = "FILE", description = SHARED_FILE) Path file, @Mixin LogOptions logOptions)
            throws IOException {
        if (Files.exists(file)) {
            throw new FileAlreadyExistsException(file + " exists; it is left as it is");
        }
        write(TokenKeys.generate(), file);
    }

    @Command(description = "Shows the keys of a file, without their secrets.", mixinStandardHelpOptions = true)
    void list(@Parameters(paramLabel = "FILE", description = SHARED_FILE) Path file, @Mixin LogOptions logOptions)
            throws IOException {
        show(read(file));
    }

    @Command(description = "Adds a key that decrypts, but does not encrypt yet.", mixinStandardHelpOptions = true)
    void add(@Parameters(paramLabel = "FILE", description = SHARED_FILE) Path file, @Mixin LogOptions logOptions)
            throws IOException {
        write(read(file).withNewKey(), file);
    }

    @Command(description = "Lets another key encrypt.", mixinStandardHelpOptions = true)
    void promote(
            @Parameters(paramLabel = "FILE", description = SHARED_FILE) Path file,
            @Parameters(paramLabel = "ID", description = "Of a key that every node has") String id,
            @Mixin LogOptions logOptions)
            throws IOException {
        int number = number(id);
        write(read(file).withPrimary(number), file);
    }

    @Command(
            description = "Takes a key out. Tokens that it encrypted cannot be read any more.",
            mixinStandardHelpOptions = true)
    void retire(
            @Parameters(paramLabel = "FILE", description = SHARED_FILE) Path file,
            @Parameters(paramLabel = "ID", description = "Of a key that is not the primary one") String id,
            @Mixin LogOptions logOptions)
            throws IOException {
        int number = number(id);
        write(read(file).without(number), file);
    }

    @Command(
            description = "Does the next step of a rotation: add, then promote, then retire.",
            mixinStandardHelpOptions = true)
    void rotate(@Parameters(paramLabel = "FILE", description = SHARED_FILE) Path file, @Mixin LogOptions logOptions)
            throws IOException {
        TokenKeys keys = read(file);
        List<TokenKeys.Key> all = keys.keys();
        int last = all.size() - 1;
        if (all.size() == 1) {
            write(keys.withNewKey(), file);
            here.say("Added a key. Bring the file to every node, wait five seconds, and rotate again.");
        } else if (!all.get(last).primary()) {
            write(keys.withPrimary(all.get(last).id()), file);
            here.say(
                    "The new key encrypts. Bring the file to every node, wait for the accept timeout, and rotate again.");
        } else {
            write(keys.without(all.get(0).id()), file);
            here.say("Retired the oldest key. Bring the file to every node, and the rotation is done.");
        }
    }

    @Command(
            name = "api-key",
            description = "Draws an API key and prints it, this once, and the line for the nodes' --api-keys file.",
            mixinStandardHelpOptions = true)
    void apiKey(
            @Parameters(paramLabel = "NAME", description = "Whose it is, for logs and limits") String name,
            @Parameters(paramLabel = "ROLE", description = "${COMPLETION-CANDIDATES}") Role role,
            @Option(
                            names = "--devices",
                            paramLabel = "PATTERN",
                            defaultValue = "*",
                            description = "Which device ids it is good for; * is any text (default all)")
                    String devices,
            @Mixin LogOptions logOptions) {
        if (!name.matches("[^\\s#]\\S*") || !devices.matches("\\S+")) {
            throw new ParameterException(spec.commandLine(), "name and pattern are words without blanks");
        }
        String key = ApiKeyPolicy.newKey();
        here.say("key:   " + key);
        here.say("line:  " + name + " " + role + " " + ApiKeyPolicy.hash(key)
                + ("*".equals(devices) ? "" : " " + devices));
    }

    /** Roles as key files write them. */
    enum Role {
        requester,
        device
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
            throw new ParameterException(
                    spec.commandLine(), "'" + id + "' is not a key's number, as 'keys list' shows it");
        }
    }

    private static TokenKeys read(Path file) throws IOException {
        try {
            return TokenKeys.read(file);
        } catch (GeneralSecurityException e) {
            throw new IOException(file + " holds no keyset: " + e.getMessage(), e);
        }
    }
}
