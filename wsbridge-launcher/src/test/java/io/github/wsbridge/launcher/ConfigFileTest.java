package io.github.wsbridge.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Settings in a file. */
final class ConfigFileTest {

    @TempDir
    Path folder;

    private String file(String content) throws Exception {
        return Files.writeString(folder.resolve("node.properties"), content).toString();
    }

    private String yaml(String content) throws Exception {
        return Files.writeString(folder.resolve("node.yaml"), content).toString();
    }

    @Test
    void settings_areTakenFromTheCommandLineThenTheEnvironmentThenTheFile() throws Exception {
        String file = file("# a node\ninsecure = true\ngrace=3s\nmax-bridges=7\nmax-listeners=8\n");
        Map<String, String> env = Map.of("WSBRIDGE_CONFIG", file, "WSBRIDGE_MAX_BRIDGES", "17", "WSBRIDGE_GRACE", "4s");
        try (Run check = Run.with(env, "node", "--check", "--grace", "5s")) {
            assertThat(check.code()).as(check.err()).isZero();
            assertThat(check.out().lines())
                    .contains(
                            "grace=5s (command line)",
                            "max-bridges=17 (WSBRIDGE_MAX_BRIDGES)",
                            "max-listeners=8 (file)",
                            "insecure=true (file)",
                            "listen=127.0.0.1:8080 (default)",
                            "# api-keys=")
                    .noneMatch(line -> line.contains("config=") || line.contains("check="));
        }
    }

    @Test
    void node_runsAsTheFileSays() throws Exception {
        try (Run node =
                Run.of("node", "--config=" + file("insecure=true\nlisten=127.0.0.1:0\nmanagement-listen=off"))) {
            assertThat(node.ready()).contains("INSECURE", "management off");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "max-bridge=7 | there is no setting 'max-bridge'; did you mean 'max-bridges'?",
                "unheard-of-thing=7 | there is no setting 'unheard-of-thing'",
                "config=other | there is no setting 'config'",
                "grace=soon | --grace",
                "grace=1s#grace=2s | 'grace' is set twice"
            })
    void file_withAMistake_isRefused(String content, String message) throws Exception {
        try (Run node = Run.of("node", "--insecure", "--config", file(content.replace('#', '\n')))) {
            assertThat(node.code()).isEqualTo(2);
            assertThat(node.err()).contains(message);
        }
    }

    @Test
    void file_thatIsMissing_isRefused() throws Exception {
        try (Run node =
                Run.of("node", "--insecure", "--config", folder.resolve("none").toString())) {
            assertThat(node.code()).isEqualTo(2);
            assertThat(node.err()).contains("no such file");
        }
    }

    @Test
    void check_hidesSecretsInUrls_andFindsMistakes() throws Exception {
        String file = file("server=wss://alice:secret@bridge.example.com\nid=d\n");
        try (Run check = Run.of("device", "--config", file, "--proxy", "http://bob:p@secret@proxy:3128", "--check")) {
            assertThat(check.out() + check.err()).doesNotContain("secret");
        }
        try (Run check = Run.of(
                "node",
                "--insecure",
                "--signal=webhook",
                "--webhook-url=https://hooks.example.com/secret/x",
                "--check")) {
            assertThat(check.code()).isZero();
            assertThat(check.out())
                    .contains("webhook-url=https://hooks.example.com/***")
                    .doesNotContain("secret/");
        }
        try (Run check = Run.of("node", "--check")) {
            assertThat(check.code()).isEqualTo(2);
            assertThat(check.err()).contains("--insecure");
        }
    }

    @Test
    void yaml_hasTheSameNames_alsoNested_andLists() throws Exception {
        String file = yaml("""
                # a node
                insecure: true
                listen: "127.0.0.1:0"
                max:
                  bridges: 0007
                  signed: {once: 9, lifetime: 1h}
                allow-origin:
                  - https://one.example.com
                  - https://two.example.com
                grace:
                """);
        try (Run check = Run.of("node", "--check", "--config", file, "--max-listeners", "8")) {
            assertThat(check.code()).as(check.err()).isZero();
            assertThat(check.out().lines())
                    .contains(
                            "insecure=true (file)",
                            "listen=127.0.0.1:0 (file)",
                            "max-bridges=0007 (file)",
                            "max-signed-once=9 (file)",
                            "max-signed-lifetime=1h (file)",
                            "max-listeners=8 (command line)",
                            "allow-origin=https://one.example.com,https://two.example.com (file)",
                            "grace=8s (default)");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "max: {bridge: 7} | there is no setting 'max-bridge'; did you mean 'max-bridges'?",
                "grace: [1s, 2s] | 'grace' takes one value",
                "grace: 1s#grace: 2s | duplicate key grace",
                "max-bridges: 1#max: {bridges: 2} | 'max-bridges' is set twice",
                "grace: 1s# listen: x | in line 2",
                "just text | there must be settings",
                "max: &a {bridges: *a} | max",
                "grace: !!java.net.URL [x] | could not determine a constructor",
                "allow-origin: [\"a,b\"] | without a comma"
            })
    void yaml_withAMistake_isRefused(String content, String message) throws Exception {
        try (Run node = Run.of("node", "--insecure", "--config", yaml(content.replace('#', '\n')))) {
            assertThat(node.code()).isEqualTo(2);
            assertThat(node.err()).contains(message);
        }
    }
}
