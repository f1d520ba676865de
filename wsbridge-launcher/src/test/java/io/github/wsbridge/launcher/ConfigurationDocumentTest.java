package io.github.wsbridge.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import picocli.CommandLine.Model.OptionSpec;

/** docs/configuration.md lists all options. With {@code -Dwsbridge.write=true}, the test writes it. */
final class ConfigurationDocumentTest {

    private static final Path DOCUMENT = Path.of("..", "docs", "configuration.md");

    private static final String HEAD = """
            # Configuration

            Generated from the options of the commands: `mvn test -pl wsbridge-launcher -am
            -Dtest=ConfigurationDocumentTest -Dwsbridge.write=true` writes it.

            Each setting has one name, and three places. The first that has it decides:

            1. the command line: `--accept-timeout 20s`
            2. the environment: `WSBRIDGE_ACCEPT_TIMEOUT=20s`
            3. a file, named by `--config FILE` or `WSBRIDGE_CONFIG`: `accept-timeout=20s`

            The file consists of properties, in UTF-8: a line for each, `#` before comments, `\\\\` for a backslash.
            Several values are separated by commas where the table has a `,`. A name that there is not, or that is there
            twice, is an error. Secrets are in files of their own, which settings name, or in the environment.

            A file whose name ends with `.yaml` or `.yml` is YAML with the same names. What they have in common may be
            written once, and several values may be a list:

            ```yaml
            listen: 0.0.0.0:8080
            api-keys: /etc/bridge/api-keys
            peers: [ws://10.0.3.1:8080, ws://10.0.3.2:8080]
            max:
              bridges: 20000
              idle: 10m
            ```

            A command reads its file again when it changes, within five seconds, or at once on SIGHUP. Then these
            settings change while it runs:

            - of each: `quiet` and `verbose`
            - of a node: `max-bridges`, `max-listeners`, `max-pending`, `max-rate`, `max-address-rate`, `max-failures`,
              `principal-share`, `address-share`, `max-bandwidth` and `max-principal-bandwidth`
            - of a device: `target`, `allow-any`, `allow-networks` and `deny-networks`, for new connections

            For the others, the log says that a restart is needed. Files with keys and certificates are read again, too;
            for one that is not, the log says that it needs a restart.

            `--check` only checks the settings, and prints all of them, each with where it comes from:

                wsbridge node --config node.properties --check
            """;

    private static String generated() {
        CommandContext here = new CommandContext(
                InputStream.nullInputStream(),
                OutputStream.nullOutputStream(),
                new PrintStream(OutputStream.nullOutputStream()),
                new PrintStream(OutputStream.nullOutputStream()),
                Map.of(),
                false,
                new CompletableFuture<>(),
                hangup -> {});
        StringBuilder text = new StringBuilder(HEAD);
        for (String command : List.of("node", "device", "tunnel", "website")) {
            text.append("\n## ")
                    .append(command)
                    .append("\n\n| name | value | default | meaning |\n| --- | --- | --- | --- |\n");
            Main.specification(here, command).options().stream()
                    .filter(ConfigFile::isSetting)
                    .forEach(option -> text.append(row(option)));
        }
        return text.toString();
    }

    private static String row(OptionSpec option) {
        boolean flag = option.arity().max() == 0;
        String value = flag
                ? "`true`"
                : "`" + option.paramLabel().replace("|", "\\|") + "`"
                        + (option.splitRegex().isEmpty() ? "" : " `,`");
        String standard = option.defaultValue() == null ? "" : "`" + option.defaultValue() + "`";
        String meaning = String.join(" ", option.description())
                .replace("${DEFAULT-VALUE}", String.valueOf(option.defaultValue()))
                .replace("%%", "%")
                .replace("|", "\\|")
                .replace("*", "\\*")
                .replace("<", "&lt;");
        return "| `" + ConfigFile.name(option) + "` | " + value + " | " + standard + " | " + meaning + " |\n";
    }

    @Test
    void document_isWhatTheCommandsSay() throws Exception {
        if (Boolean.getBoolean("wsbridge.write")) {
            Files.writeString(DOCUMENT, generated());
        }
        assertThat(Files.readString(DOCUMENT)).isEqualTo(generated());
    }
}
