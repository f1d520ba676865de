package io.github.wsbridge.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The clients of examples/clients, with real nodes and with the conformance kit. */
@Tag("system")
@Timeout(value = 6, unit = TimeUnit.MINUTES)
final class OtherLanguagesSystemTest {

    private static final Path CLIENTS =
            Path.of("..", "examples", "clients").toAbsolutePath().normalize();
    private static final String DEVICE = "conformance ä/1 +&=%";

    @TempDir
    private Path folder;

    private Programs programs;

    @BeforeEach
    void start() {
        programs = new Programs(folder);
    }

    @AfterEach
    void stop() throws Exception {
        programs.close();
    }

    /** A language with a requester and a device for the command line. */
    enum Language {
        PYTHON {
            @Override
            List<String> command(Programs programs, Path folder, String what) {
                String script = CLIENTS.resolve("python/" + what + ".py").toString();
                return List.of(Programs.find("python3", "python3"), "-B", "-X", "utf8", script);
            }
        },
        NODE {
            @Override
            List<String> command(Programs programs, Path folder, String what) {
                // Debian's own Node.js looks there by itself.
                return List.of(
                        Programs.find("env", "coreutils"),
                        "NODE_PATH=/usr/share/nodejs",
                        Programs.find("node", "nodejs"),
                        CLIENTS.resolve("node/" + what + ".js").toString());
            }
        },
        GO {
            @Override
            List<String> command(Programs programs, Path folder, String what) throws Exception {
                programs.run(List.of(
                        Programs.find("env", "coreutils"),
                        "GO111MODULE=off",
                        "GOPATH=/usr/share/gocode",
                        "GOCACHE=" + folder.resolve("go-cache"),
                        Programs.find("go", "golang-go"),
                        "build",
                        "-o",
                        folder.resolve(what).toString(),
                        CLIENTS.resolve("go/" + what + ".go").toString()));
                return List.of(folder.resolve(what).toString());
            }
        },
        C {
            @Override
            List<String> command(Programs programs, Path folder, String what) throws Exception {
                Path program = folder.resolve("wsbridge-c");
                programs.run(List.of(
                        Programs.find("gcc", "gcc"),
                        "-O2",
                        "-Wall",
                        "-Werror",
                        "-o",
                        program.toString(),
                        CLIENTS.resolve("c/wsbridge.c").toString(),
                        "-lwebsockets"));
                return List.of(program.toString(), what.equals("device") ? "listen" : "request");
            }

            @Override
            Set<String> broken() {
                return Set.of("client-malformed"); // libwebsockets 4.1 takes masked frames of a server
            }
        };

        /** Returns what precedes URL, device id and request data. */
        abstract List<String> command(Programs programs, Path folder, String what) throws Exception;

        /** Returns the clauses that the language's library breaks. */
        Set<String> broken() {
            return Set.of();
        }
    }

    private static List<String> with(List<String> command, String... more) {
        List<String> all = new ArrayList<>(command);
        all.addAll(List.of(more));
        return all;
    }

    @ParameterizedTest
    @EnumSource
    void requesterAndDevice_carryBytes(Language language) throws Exception {
        Path sent = folder.resolve("sent");
        Files.write(sent, Payloads.bytes(3_000_001, 7));
        try (Cluster cluster = Cluster.start(2)) {
            Programs.Running device = programs.start(with(
                    language.command(programs, folder, "device"), cluster.url(0).toString(), DEVICE));
            device.awaitLine("listening");
            List<String> requester = language.command(programs, folder, "requester");
            Programs.Running running = programs.start(
                    with(requester, cluster.url(1).toString(), DEVICE, "echo"),
                    ProcessBuilder.Redirect.from(sent.toFile()));
            assertThat(running.exitCode()).as(running.toString()).isZero();
            assertThat(running.out()).hasSameBinaryContentAs(sent);
            Programs.Running rejected =
                    programs.start(with(requester, cluster.url(1).toString(), DEVICE, "something else"));
            assertThat(rejected.exitCode()).isNotZero();
            rejected.awaitLine("4403");
        }
    }

    @ParameterizedTest
    @EnumSource
    void requester_keepsTheClauses(Language language) throws Exception {
        List<String> requester = language.command(programs, folder, "requester");
        List<String> kit = with(kit("requester", "--stdio", "--"), requester.toArray(String[]::new));
        assertBreaksOnly(language.broken(), with(kit, "{url}", "{deviceId}", "{requestData}"));
    }

    @ParameterizedTest
    @EnumSource
    void device_keepsTheClauses(Language language) throws Exception {
        List<String> device = language.command(programs, folder, "device");
        assertBreaksOnly(
                language.broken(),
                with(with(kit("device", "--"), device.toArray(String[]::new)), "{url}", "{deviceId}"));
    }

    private static List<String> kit(String... arguments) {
        return with(
                List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        "io.github.wsbridge.conformance.Main"),
                arguments);
    }

    private void assertBreaksOnly(Set<String> expected, List<String> command) throws Exception {
        assertBreaksOnly(expected, programs.start(command));
    }

    private static void assertBreaksOnly(Set<String> expected, Programs.Running kit) throws Exception {
        int exitCode = kit.exitCode();
        assertThat(kit.printed()
                        .lines()
                        .filter(line -> line.startsWith("FAILED") || line.startsWith("warning"))
                        .map(line -> line.split(" +")[1]))
                .as(kit.toString())
                .containsExactlyInAnyOrderElementsOf(expected);
        assertThat(exitCode).isEqualTo(expected.isEmpty() ? 0 : 1);
    }

    @Test
    void page_requesterAndDevice() throws Exception {
        HttpServer server = page();
        String origin = "http://127.0.0.1:" + server.getAddress().getPort();
        try (Cluster cluster = Cluster.start(1, builder -> builder.allowOrigin(origin));
                Chromium browser = Chromium.start(folder)) {
            browser.open(URI.create(origin + "/index.html"));
            browser.await("document.getElementById('listen').onclick != null");
            browser.value("document.getElementById('url').value = '" + cluster.url(0) + "'");
            browser.value("document.getElementById('listen').click()");
            browser.await("document.getElementById('log').textContent.includes('listening')");
            browser.value("document.getElementById('request').click()");
            browser.await("document.getElementById('log').textContent.includes('closed with 1000')");
            assertThat(browser.value("document.getElementById('log').textContent"))
                    .contains("got hello");
        } finally {
            server.stop(0);
        }
    }

    @Test
    void page_requester_keepsTheClauses() throws Exception {
        Programs.Running kit = programs.start(kit("requester", "--device-id", "page"));
        assertPageKeepsTheClauses(
                kit,
                "async m => { for (;;) { try { const bridge = await m.connect('" + url(kit) + "', 'page', 'echo');"
                        + " m.echo(bridge); await bridge.closed; } catch (e) {} } }");
    }

    @Test
    void page_device_keepsTheClauses() throws Exception {
        Programs.Running kit = programs.start(kit("device", "--device-id", "page", "--patience", "15"));
        assertPageKeepsTheClauses(kit, "m => m.listen('" + url(kit) + "', 'page', {echo: m.echo})");
    }

    private void assertPageKeepsTheClauses(Programs.Running kit, String client) throws Exception {
        HttpServer server = page();
        try (Chromium browser = Chromium.start(folder.resolve("profile"))) {
            browser.open(URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/index.html"));
            browser.await("document.getElementById('listen').onclick != null");
            browser.value("import('./wsbridge.js').then(" + client + ")");
            assertBreaksOnly(Set.of(), kit);
        } finally {
            server.stop(0);
        }
    }

    /** Waits until the kit says where it is. */
    private static String url(Programs.Running kit) throws IOException {
        return kit.awaitLine("waiting for the client at").replaceFirst(".* at ([^,]*),.*", "$1");
    }

    private static HttpServer page() throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0), 10);
        server.createContext("/", exchange -> {
            Path file = CLIENTS.resolve("browser" + exchange.getRequestURI().getPath());
            exchange.getResponseHeaders()
                    .set("Content-Type", file.toString().endsWith(".js") ? "text/javascript" : "text/html");
            boolean found = Files.isRegularFile(file);
            byte[] content = found ? Files.readAllBytes(file) : new byte[0];
            exchange.sendResponseHeaders(found ? 200 : 404, content.length == 0 ? -1 : content.length);
            exchange.getResponseBody().write(content);
            exchange.close();
        });
        server.start();
        return server;
    }
}
