package io.github.wsbridge.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(120)
class CommandLineTest {

    private static final String[] NODE = {"node", "--insecure", "--listen", "127.0.0.1:0"};

    @TempDir
    Path folder;

    @Test
    void help_command_printsTheSameAsTheOption() throws Exception {
        for (String command : List.of("", "node")) {
            Run help = Run.of(("help " + command).strip().split(" "));
            Run option = Run.of((command + " --help").strip().split(" "));
            assertThat(help.code()).isZero();
            assertThat(option.code()).isZero();
            assertThat(help.out()).isEqualTo(option.out());
        }
    }

    @Test
    void addressInUse_isInTheMessage() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            String address = "127.0.0.1:" + taken.getLocalPort();
            for (String transport : List.of("netty", "tyrus")) {
                Run node = Run.of("node", "--insecure", "--listen", address, "--transport", transport);
                assertThat(node.code()).isEqualTo(1);
                assertThat(node.err())
                        .startsWith("wsbridge node: cannot listen on " + address + ": Address already in use");
            }
            Run tunnel = Run.of(
                    "tunnel", "--server", "ws://127.0.0.1:1", "--device", "d", "--target", "t", "--listen", address);
            assertThat(tunnel.code()).isEqualTo(1);
            assertThat(tunnel.err())
                    .startsWith("wsbridge tunnel: cannot listen on " + address + ": Address already in use");
        }
    }

    @Test
    void connectionRefused_isExplained() throws Exception {
        Run run = Run.of("tunnel", "--server", "ws://127.0.0.1:1", "--device", "d", "--target", "t", "--stdio");
        assertThat(run.code()).isEqualTo(1);
        assertThat(run.err()).contains("Connection refused").doesNotContain("error(");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "''                                                         | a command is missing",
                "keys                                                       | a command is missing",
                "nonsense                                                   | nonsense",
                "node --nonsense                                            | --nonsense",
                "node                                                       | --api-keys FILE, --client-certs",
                "node --insecure --client-certs x                           | mutually exclusive",
                "node --client-certs x                                      | require --tls-client-ca",
                "node --insecure --tls-client-ca x                          | requires --tls-cert FILE, or",
                "node --insecure --tls-client-crl x                         | require --tls-client-ca",
                "node --insecure --proxy-cert-header X                      | require --tls-client-ca",
                "node --client-certs x --tls-client-ca y --proxy-networks 10.0.0.1 | or --proxy-cert-header NAME",
                "node --client-certs x --tls-client-ca y --proxy-cert-header Z | --proxy-networks",
                "node --jwt-issuer x                                        | belong together",
                "node --insecure --jwt-issuer x --jwt-audience y            | mutually exclusive",
                "node --jwt-issuer x --jwt-audience y                       | not an https URL",
                "node --insecure --jwt-keys x                               | require --jwt-issuer",
                "node --insecure --secret-files all                         | owner, group, warn",
                "node --insecure --api-keys x                               | mutually exclusive",
                "node --insecure --peers ws://a:1                           | --keys FILE",
                "node --insecure --peers-dns a:1                            | --keys FILE",
                "node --insecure --peers ws://a:1 --keys k                  | --public-url",
                "node --insecure --peers ws://a:1 --peers-dns a:1           | mutually exclusive",
                "node --insecure --internal-listen 127.0.0.1:0              | --public-url",
                "node --insecure --peers-networks 10.0.0.1/8                | 10.0.0.1/8",
                "node --insecure --tls-key k                                | --tls-key requires --tls-cert",
                "node --insecure --listen 8080                              | not HOST:PORT",
                "node --insecure --listen ::1:80                            | not HOST:PORT",
                "node --insecure --accept-timeout 30                        | not a duration",
                "node --insecure --accept-timeout 999999999h                | a hundred years",
                "node --insecure --accept-timeout 0s                        | must be positive",
                "node --insecure --max-bridges 0                            | at least 1",
                "node --insecure --max-handshakes 0                         | at least 1",
                "node --insecure --principal-share 101                      | at most 100",
                "node --insecure --max-idle soon                            | not a duration",
                "node --insecure --proxy-networks proxy                     | not an IP address or a network",
                "node --insecure --max-request-data 9G                      | overflow",
                "node --insecure --public-url ftp://a                       | not a ws or wss URL",
                "node --insecure --transport jdk                            | for clients only",
                "node --insecure --expose 5432                              | [HOST:]PORT=DEVICE/TARGET",
                "node --insecure --expose 5432=d                            | [HOST:]PORT=DEVICE/TARGET",
                "node --insecure --expose 5432=d/                           | [HOST:]PORT=DEVICE/TARGET",
                "node --insecure --expose 5432=/t                           | [HOST:]PORT=DEVICE/TARGET",
                "node --insecure --expose =d/t                              | [HOST:]PORT=DEVICE/TARGET",
                "node --insecure --expose x=d/t                             | is not a port",
                "node --insecure --expose ::1:5432=d/t                      | not HOST:PORT",
                "node --insecure --expose 127.0.0.1:99999=d/t               | not HOST:PORT",
                "node --insecure --expose 0.0.0.0:5432=d/t                  | specify --expose-from CIDR",
                "node --insecure --expose [::]:5432=d/t                     | specify --expose-from CIDR",
                "node --insecure --expose 1=d/t,192.0.2.1:2=d/t             | specify --expose-from CIDR",
                "node --insecure --expose 5432=d/t --expose-from example.com | not an IP address or a network",
                "node --insecure --expose 5432=d/t --expose-from 10.1.2.3/8 | bits set beyond the first 8",
                "node --insecure --expose-from 10.0.0.0/8                   | --expose-from requires --expose",
                "node --insecure --expose 5432=d/t --transport tyrus        | --expose requires --transport netty",
                "node --insecure --listen 127.0.0.1:0 --expose 0=dev/t --max-device-id 2 | longer than 2 bytes",
                "node --insecure --signal pigeon                            | not pigeon",
                "node --insecure --signal mqtt                              | --mqtt-server URL",
                "node --insecure --signal mqtt --mqtt-server http://a       | mqtt://HOST",
                "node --insecure --signal mqtt --mqtt-server mqtt://a --mqtt-version 4 | must be 3 or 5",
                "node --insecure --signal mqtt --mqtt-server mqtt://a --mqtt-key k | --mqtt-key requires --mqtt-cert",
                "node --insecure --signal =mqtt --mqtt-server mqtt://a      | no device-id pattern before the =",
                "node --insecure --signal mqtt --mqtt-server mqtt://a --mqtt-answer-topic a/b | {nodeId}",
                "node --insecure --signal webhook                           | --webhook-url URL",
                "node --insecure --webhook-form svix                        | expected one of [wsbridge, standard]",
                "node --insecure --signal iothub                            | --iothub-connection-file FILE",
                "device --server ws://a --id d --target a=b:1 --signal pigeon | not pigeon",
                "device --server ws://a --id d --target a=b:1 --signal mqtt | --mqtt-server URL",
                "device --id d --target a=b:1                               | --server",
                "device --server ws://a --id d --target a=b:1 --deny-networks 10.0.0.0/8 | require --allow-any",
                "device --server ws://a --id d --allow-any --allow-networks 10/8 | is not an IP address",
                "device --server ws://a --id d                              | --target NAME=HOST:PORT, or --allow-any",
                "device --server ws://a --id d --target ssh                 | no name in target",
                "device --server ws://a --id d --target a=b:1 --e2e-only    | require --e2e-cert FILE",
                "tunnel --server ws://a --forward 1=d/t --e2e-pin x         | require --e2e",
                "tunnel --server ws://a --forward 1=d/t --e2e --e2e-pin x   | not a fingerprint",
                "tunnel --server ws://a --forward 1=d/t --e2e --e2e-key x   | --e2e-key requires --e2e-cert FILE",
                "tunnel --server ws://a --forward 1=d/t --e2e --e2e-ca x --known-devices y | specify one of",
                "device --server ftp://a --id d --target a=b:1              | not a ws or wss URL",
                "tunnel --server ws://a --device d --target t               | either --listen",
                "tunnel --server ws://a --device d --target t --stdio --listen a:1 | either --listen",
                "tunnel --server ws://a                                     | specify --forward [HOST:]PORT=",
                "tunnel --server ws://a --listen a:1                        | specify --forward [HOST:]PORT=",
                "tunnel --server ws://a --device d --stdio                  | or both --device ID and --target NAME",
                "tunnel --server ws://a --forward 1=d/t --stdio             | --forward cannot be combined",
                "tunnel --server ws://a --forward 1=d/t --device d          | --forward cannot be combined",
                "tunnel --server ws://a --forward 1=d/t --target t          | --forward cannot be combined",
                "tunnel --server ws://a --forward 1=d/t --listen a:1        | --forward cannot be combined",
                "device --server ws://a --id d --target a=b:1 --ask --ask-command x | specify either --ask or",
                "tunnel --server ws://a --socks 1 --forward 1=d/t           | --socks cannot be combined",
                "tunnel --server ws://a --socks 1 --device d --target t     | --socks cannot be combined",
                "tunnel --server ws://a --socks x                           | is not HOST:PORT",
                "tunnel --server ws://a --socks-target 1=t --forward 1=d/t  | --socks-target requires --socks",
                "tunnel --server ws://a --forward 1=d                       | is not [HOST:]PORT=DEVICE/TARGET",
                "tunnel --server ws://a --forward ::1:1=d/t                 | is not HOST:PORT",
                "tunnel --server ws://a --device d --target t --listen unix:x | is neither HOST:PORT nor",
                "device --server ws://a --id d --target a=unix:b            | is neither HOST:PORT nor",
                "website --server ws://a --listen 0.0.0.0:0                 | specify --sign-in, --oidc-issuer, or",
                "website --server ws://a --oidc-issuer https://i            | belong together",
                "website --server ws://a --devices-from http://127.0.0.1:1  | belong together",
                "website --server ws://a --sign-in --devices d              | --sign-in cannot be combined",
                "website --server ws://a --url http://127.0.0.1:1           | there are no names for devices",
                "demo --size many                                           | not a size",
                "keys api-key name nobody                                   | requester, device",
                "keys promote file x                                        | is not a key id",
                "keys promote file -5                                       | is not a key id"
            })
    void run_senselessCommandLine_saysSoInOneLineWithCode2(String line, String message) throws Exception {
        Run run = Run.of(line.isEmpty() ? new String[0] : line.split(" "));
        assertThat(run.code()).isEqualTo(2);
        assertThat(run.out()).isEmpty();
        assertThat(run.err().lines().findFirst())
                .get()
                .asString()
                .startsWith("wsbridge")
                .contains(message);
        assertThat(run.err()).contains("Try 'wsbridge").doesNotContain("\tat ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "node", "device", "tunnel", "website", "keys", "demo"})
    void help_everyCommand_explainsExitCodes(String command) throws Exception {
        Run run = Run.of((command + " --help").strip().split(" "));
        assertThat(run.code()).isZero();
        assertThat(run.out()).contains("Exit codes:").contains("wsbridge");
        assertThat(run.err()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"node", "device", "tunnel", "website", "demo"})
    void help_runningCommand_hasAnExample(String command) throws Exception {
        Run run = Run.of(command, "--help");
        assertThat(run.code()).isZero();
        assertThat(run.out())
                .containsPattern("Examples?:")
                .contains("  wsbridge " + command)
                .contains("--quiet");
    }

    @Test
    void version_isShown() throws Exception {
        Run run = Run.of("--version");
        assertThat(run.code()).isZero();
        assertThat(run.out()).startsWith("wsbridge ");
    }

    @Test
    void run_failure_isOneLineWithCode1() throws Exception {
        Run run = Run.of("node", "--api-keys", folder.resolve("none").toString());
        assertThat(run.code()).isEqualTo(1);
        assertThat(run.err().lines()).singleElement().asString().startsWith("wsbridge node: no such file: ");
    }

    @Test
    void run_failureVerbose_showsTheTrace() throws Exception {
        Run run =
                Run.of("node", "--verbose", "--api-keys", folder.resolve("none").toString());
        assertThat(run.code()).isEqualTo(1);
        assertThat(run.err()).contains("\tat ");
    }

    @Test
    void node_keyFileWithoutKeys_failsWithoutShowingIt() throws Exception {
        Path file = Files.writeString(folder.resolve("keys"), "{\"secret\": \"do not show\"}");
        Run run = Run.of("node", "--insecure", "--keys", file.toString());
        assertThat(run.code()).isEqualTo(1);
        assertThat(run.err()).contains("does not contain a keyset").doesNotContain("do not show");
    }

    @Test
    void node_portTaken_failsWithCode1() throws Exception {
        try (Run first = Run.of(NODE)) {
            Run second = Run.of("node", "--insecure", "--listen", "127.0.0.1:" + first.port());
            assertThat(second.code()).isEqualTo(1);
            assertThat(second.err().lines()).singleElement().asString().contains("in use");
        }
    }

    @Test
    void environment_option_appliesUnlessOnTheCommandLine() throws Exception {
        try (Run run = Run.with(Map.of("WSBRIDGE_INSECURE", "true", "WSBRIDGE_LISTEN", "127.0.0.1:0"), "node")) {
            assertThat(run.ready()).contains("INSECURE");
        }
    }

    @Test
    void environment_flagAlsoOnTheCommandLine_staysSet() throws Exception {
        try (Run run = Run.with(Map.of("WSBRIDGE_INSECURE", "true"), NODE)) {
            assertThat(run.ready()).contains("INSECURE");
        }
    }

    @Test
    void environment_commandLineWins() throws Exception {
        try (Run run = Run.with(Map.of("WSBRIDGE_LISTEN", "nonsense"), NODE)) {
            assertThat(run.port()).isPositive();
        }
    }

    @Test
    void environment_emptyVariable_isIgnored() throws Exception {
        Run run = Run.with(Map.of("WSBRIDGE_INSECURE", " "), "node");
        assertThat(run.code()).isEqualTo(2);
    }

    @Test
    void environment_invalidValue_isAUsageError() throws Exception {
        Run run = Run.with(Map.of("WSBRIDGE_ACCEPT_TIMEOUT", "soon"), "node");
        assertThat(run.code()).isEqualTo(2);
        assertThat(run.err()).contains("'soon' is not a duration");
    }

    @Test
    void environment_expose_hasSeveralPorts() throws Exception {
        Map<String, String> env =
                Map.of("WSBRIDGE_EXPOSE", "0=plant-7/pump/ssh,[::1]:0=d/10.0.0.5:80", "WSBRIDGE_EXPOSE_FROM", "::/0");
        try (Run run = Run.with(env, NODE)) {
            Awaitility.await().atMost(Run.PATIENCE).until(() -> run.out().contains("node ready"));
            assertThat(run.out().lines().toList().subList(0, 2))
                    .satisfiesExactly(
                            line -> assertThat(line)
                                    .matches("port ready: 127\\.0\\.0\\.1:\\d+ forwards to ssh on plant-7/pump"),
                            line -> assertThat(line)
                                    .matches("port ready: \\[::1]:\\d+ forwards to 10\\.0\\.0\\.5:80 on d"));
        }
    }

    @Test
    void node_exposedPortTaken_failsWithCode1() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Run run =
                    Run.of("node", "--insecure", "--listen", "127.0.0.1:0", "--expose", taken.getLocalPort() + "=d/t");
            assertThat(run.code()).isEqualTo(1);
            assertThat(run.err())
                    .startsWith(
                            "wsbridge node: cannot listen on 127.0.0.1:" + taken.getLocalPort() + ": Address already");
            assertThat(run.out()).isEmpty();
        }
    }

    @Test
    void node_default_hasALoopbackAddress() throws Exception {
        try (Run run = Run.of(NODE)) {
            assertThat(run.ready()).contains("address ws://127.0.0.1:" + run.port());
        }
    }

    @Test
    void node_allInterfaces_usesTheMachinesAddress() throws Exception {
        try (Run run = Run.of("node", "--insecure", "--listen", "0.0.0.0:0")) {
            assertThat(run.ready()).contains("listens on 0.0.0.0:").doesNotContain("address ws://0.0.0.0");
        }
    }
}
