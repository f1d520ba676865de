package io.github.wsbridge.launcher;

import io.github.wsbridge.core.access.ApiKeyPolicy;
import io.github.wsbridge.wire.files.KeyText;
import io.github.wsbridge.wire.files.SecretFile;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The {@code keys api-key} command: creates API keys, which it prints or writes to a file, once. */
@Command(
        name = "api-key",
        description = {
            "Generates an API key and prints it, together with the line for the nodes' --api-keys file. The key is not"
                    + " shown again.",
            ""
        },
        mixinStandardHelpOptions = true,
        sortOptions = false,
        footerHeading = "%nExamples:%n",
        footer = {
            "  A key for the device pi-7, written to two files:",
            "    wsbridge keys api-key pi-7 device --append api-keys --out pi-7.key",
            "  Keys for all devices of a list, each good for one of them:",
            "    wsbridge keys api-key --devices-from ids.txt --append api-keys --out device-keys.txt",
        },
        exitCodeListHeading = Main.EXIT_CODES,
        exitCodeList = {Main.EXIT_0, Main.EXIT_1, Main.EXIT_2})
@SuppressWarnings("NullAway.Init")
final class ApiKeyCommand implements Callable<Integer> {

    private record NewKey(String name, String key, String line) {

        @Override
        public String toString() {
            return name;
        }
    }

    private final CommandContext here;

    @Parameters(
            index = "0",
            arity = "0..1",
            paramLabel = "NAME",
            description = "The key's owner, for logs and limits; for a device its id")
    @Nullable
    String name;

    @Parameters(index = "1", arity = "0..1", paramLabel = "ROLE", description = "${COMPLETION-CANDIDATES}")
    @Nullable
    Role role;

    @Option(
            names = "--devices",
            paramLabel = "PATTERN",
            description = "The device ids that the key is valid for; * matches any text, {name} stands for NAME"
                    + " (default: all for a requester, {name} for a device)")
    @Nullable
    String devices;

    @Option(
            names = "--any-device",
            fallbackValue = "true",
            description = "With the role device: let whoever holds the key listen as any device, and take its bridges")
    boolean anyDevice;

    @Option(
            names = "--devices-from",
            paramLabel = "FILE",
            description = "Generate a key for each device id in this file, one a line, instead of NAME and ROLE")
    @Nullable
    Path devicesFrom;

    @Option(
            names = "--append",
            paramLabel = "FILE",
            description = "Add the lines to this --api-keys file instead of printing them")
    @Nullable
    Path append;

    @Option(
            names = "--out",
            paramLabel = "FILE",
            description = "Write the key to this new file, readable only by its owner, instead of printing it; with"
                    + " --devices-from, a line with id and key for each device")
    @Nullable
    Path out;

    @Mixin
    LogOptions logOptions;

    @Spec
    CommandSpec spec;

    ApiKeyCommand(CommandContext here) {
        this.here = here;
    }

    @Override
    public Integer call() throws IOException {
        List<NewKey> keys = keys();
        if (out != null) {
            if (Files.exists(out, LinkOption.NOFOLLOW_LINKS)) {
                throw new FileAlreadyExistsException(out + " already exists and was not changed");
            }
            StringBuilder text = new StringBuilder();
            keys.forEach(key -> text.append(devicesFrom == null ? key.key() : key.name() + " " + key.key())
                    .append('\n'));
            SecretFile.write(out, text.toString());
        }
        if (append != null) {
            SecretFile.append(append, keys.stream().map(NewKey::line).toList());
        }
        keys.forEach(this::say);
        return 0;
    }

    private void say(NewKey key) {
        if (devicesFrom == null) {
            if (out == null) {
                here.say("key:   " + key.key());
            }
            if (append == null) {
                here.say("line:  " + key.line());
            }
            if (anyDevice || ApiKeyPolicy.ANY.equals(devices) && role == Role.device) {
                here.say("note:  good for ANY device: whoever holds this key can listen in place of every other");
            }
            return;
        }
        if (out == null) {
            here.say("key:   " + key.name() + " " + key.key());
        }
        if (append == null) {
            here.say("line:  " + key.line());
        }
    }

    private List<NewKey> keys() throws IOException {
        Path list = devicesFrom;
        String owner = name;
        Role as = role;
        if (list != null) {
            if (owner != null || devices != null || anyDevice) {
                throw usage("--devices-from takes the place of NAME, ROLE, --devices and --any-device");
            }
            return fromList(list);
        }
        if (owner == null || as == null) {
            throw usage("specify NAME and ROLE, or --devices-from FILE");
        }
        if (anyDevice && (as != Role.device || devices != null)) {
            throw usage("--any-device is for keys of devices, without --devices");
        }
        String pattern = anyDevice ? ApiKeyPolicy.ANY : devices;
        try {
            return List.of(key(owner, as, pattern));
        } catch (IllegalArgumentException e) {
            throw usage(e.getMessage());
        }
    }

    private List<NewKey> fromList(Path list) throws IOException {
        List<NewKey> keys = new ArrayList<>();
        List<String> lines = KeyText.read(list).lines().toList();
        for (int i = 0; i < lines.size(); i++) {
            String id = lines.get(i).strip();
            if (!id.isEmpty() && !id.startsWith("#")) {
                try {
                    keys.add(key(id, Role.device, null));
                } catch (IllegalArgumentException e) {
                    throw new IOException(list + ", line " + (i + 1) + ": " + e.getMessage());
                }
            }
        }
        if (keys.isEmpty()) {
            throw new IOException(list + " contains no device id");
        }
        return keys;
    }

    /** @throws IllegalArgumentException if the line would not be what nodes read */
    private static NewKey key(String name, Role role, @Nullable String devices) {
        if (!name.matches("[^\\s#]\\S*") || devices != null && !devices.matches("\\S+")) {
            throw new IllegalArgumentException(
                    "a name and device ids must not contain white space, and a name must not start with #");
        }
        if (role == Role.device && devices == null && name.contains("*")) {
            throw new IllegalArgumentException(
                    "'" + name + "' is no device id; name the devices with --devices PATTERN or --any-device");
        }
        String key = ApiKeyPolicy.newKey();
        String ids = devices == null || devices.equals(ApiKeyPolicy.ANY) && role == Role.requester ? "" : " " + devices;
        return new NewKey(name, key, name + " " + role + " " + ApiKeyPolicy.hash(key) + ids);
    }

    /** Roles, as spelled in API key files. */
    enum Role {
        requester,
        device
    }

    private ParameterException usage(@Nullable String message) {
        return new ParameterException(spec.commandLine(), String.valueOf(message));
    }
}
