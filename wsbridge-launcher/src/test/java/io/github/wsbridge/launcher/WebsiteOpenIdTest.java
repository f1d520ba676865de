package io.github.wsbridge.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.core.access.ApiKeyPolicy;
import io.github.wsbridge.launcher.home.HomePage;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Signing in at the website with a provider, which is a real one on the wire, and the nodes that decide or trust. */
final class WebsiteOpenIdTest {

    private static final HttpClient PROVIDER = HttpClient.newHttpClient();

    @TempDir
    Path folder;

    /** A browser: it keeps a jar of cookies for each host, and follows redirects. */
    private static final class Browser {
        private final int port;
        private final Map<String, Map<String, String>> jars = new TreeMap<>();
        private String at = "";

        Browser(int port) {
            this.port = port;
        }

        /** Returns the page to which a URL leads in the end. */
        String open(String url) throws Exception {
            String next = url;
            for (int i = 0; i < 12; i++) {
                at = next;
                URI place = URI.create(next);
                if (place.getPort() != port) {
                    HttpResponse<String> answer =
                            PROVIDER.send(HttpRequest.newBuilder(place).build(), HttpResponse.BodyHandlers.ofString());
                    next = answer.headers().firstValue("Location").orElseThrow();
                    continue;
                }
                String answer = get(place);
                Matcher location = Pattern.compile("(?im)^location: (\\S+)").matcher(answer.split("\r\n\r\n")[0]);
                if (!location.find()) {
                    return answer;
                }
                next = place.resolve(location.group(1)).toString();
            }
            throw new AssertionError("no end of redirects: " + at);
        }

        private String get(URI place) throws Exception {
            Map<String, String> jar = jars.computeIfAbsent(place.getHost(), none -> new TreeMap<>());
            List<String> pairs = new ArrayList<>();
            jar.forEach((name, value) -> pairs.add(name + "=" + value));
            String path = place.getRawPath() + (place.getRawQuery() == null ? "" : "?" + place.getRawQuery());
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
                socket.setSoTimeout((int) Run.PATIENCE.toMillis());
                socket.getOutputStream()
                        .write(("GET " + path + " HTTP/1.1\r\nHost: " + place.getAuthority()
                                        + "\r\nAccept: text/html\r\n"
                                        + (pairs.isEmpty() ? "" : "Cookie: " + String.join("; ", pairs) + "\r\n")
                                        + "Connection: close\r\n\r\n")
                                .getBytes(StandardCharsets.UTF_8));
                String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
                Matcher set =
                        Pattern.compile("(?im)^set-cookie: ([^=]+)=([^;]*)").matcher(answer);
                while (set.find()) {
                    if (set.group(2).isEmpty()) {
                        jar.remove(set.group(1));
                    } else {
                        jar.put(set.group(1), set.group(2));
                    }
                }
                return answer;
            }
        }
    }

    private Run website(Run node, OpenIdProvider provider, String... more) throws Exception {
        Path secret = Files.writeString(folder.resolve("secret"), OpenIdProvider.SECRET + "\n");
        List<String> args = new ArrayList<>(List.of(
                "website",
                "--server",
                "ws://127.0.0.1:" + node.port(),
                "--listen",
                "127.0.0.1:0",
                "--devices",
                "d,e-1,x",
                "--oidc-issuer",
                provider.issuer(),
                "--oidc-client-id",
                OpenIdProvider.CLIENT,
                "--oidc-client-secret-file",
                secret.toString()));
        args.addAll(List.of(more));
        return Run.of(args.toArray(String[]::new));
    }

    private static Run device(Run node, String key, HomePage page) {
        return Run.with(
                Map.of("WSBRIDGE_API_KEY", key),
                "device",
                "--server",
                "ws://127.0.0.1:" + node.port(),
                "--id",
                "d",
                "--target",
                "http=127.0.0.1:" + page.address().getPort());
    }

    private static Browser browser(Run website) {
        return new Browser(Integer.parseInt(website.ready().replaceFirst("(?s).*http://localhost:(\\d+)/.*", "$1")));
    }

    @Test
    void signIn_withAKeyOfTheWebsite_opensWhatTheClaimsPermit() throws Exception {
        String deviceKey = ApiKeyPolicy.newKey();
        String key = ApiKeyPolicy.newKey();
        Path keys = Files.writeString(
                folder.resolve("api-keys"),
                "d device " + ApiKeyPolicy.hash(deviceKey) + "\nwebsite requester " + ApiKeyPolicy.hash(key) + "\n");
        Path own = Files.writeString(folder.resolve("own"), key);
        try (OpenIdProvider provider = new OpenIdProvider();
                HomePage page = HomePage.start("d");
                Run node = Run.of("node", "--api-keys", keys.toString(), "--listen", "127.0.0.1:0");
                Run device = device(node, deviceKey, page);
                Run website = website(node, provider, "--api-key-file", own.toString())) {
            device.ready();
            Browser browser = browser(website);
            String site = "localhost:" + browser.port;
            assertThat(browser.open("http://d." + site + "/?a=b"))
                    .startsWith("HTTP/1.1 200 ")
                    .contains("the home page of d");
            assertThat(browser.at).isEqualTo("http://d." + site + "/?a=b");
            assertThat(browser.open("http://x." + site + "/"))
                    .startsWith("HTTP/1.1 403 ")
                    .contains("You may not open x");
            assertThat(browser.open("http://" + site + "/"))
                    .contains("<li class=\"online\"><a href=\"http://d.", ">e-1</a>", "Sign out")
                    .doesNotContain(">x</a>");
            forged(browser, provider, site);
            assertThat(website.err()).doesNotContain(OpenIdProvider.SECRET, key);
        }
    }

    /** What others bring to the place where people come back signs nobody in. */
    private void forged(Browser signedIn, OpenIdProvider provider, String site) throws Exception {
        Browser victim = new Browser(signedIn.port);
        String begin = "http://" + site + "/.wsbridge/begin?then=/";
        String led = victim.get(URI.create(begin));
        Matcher asked = Pattern.compile("(?im)^location: (\\S+)").matcher(led);
        assertThat(asked.find()).isTrue();
        String back = PROVIDER.send(
                        HttpRequest.newBuilder(URI.create(asked.group(1))).build(),
                        HttpResponse.BodyHandlers.ofString())
                .headers()
                .firstValue("Location")
                .orElseThrow();
        for (String url : List.of(
                back.replaceFirst("state=.", "state=~"), // which no state contains
                back.replaceFirst("&state=.*", ""),
                back.replace("code-", "x-"))) {
            assertThat(victim.get(URI.create(url))).startsWith("HTTP/1.1 403 ").doesNotContain("wsbridge=");
        }
        assertThat(new Browser(signedIn.port).get(URI.create(back))) // in another browser
                .startsWith("HTTP/1.1 403 ")
                .contains("another browser");
        provider.nonce = "of-another-attempt";
        assertThat(victim.get(URI.create(back))).startsWith("HTTP/1.1 403 ").doesNotContain("wsbridge=");
    }

    @Test
    void signIn_withTheTokenForTheNodes_opensWhatTheNodesPermit() throws Exception {
        try (OpenIdProvider provider = new OpenIdProvider();
                Run node = Run.of(
                        "node",
                        "--listen",
                        "127.0.0.1:0",
                        "--jwt-issuer",
                        provider.issuer(),
                        "--jwt-audience",
                        OpenIdProvider.CLIENT);
                Run website = website(node, provider)) {
            Browser browser = browser(website);
            assertThat(browser.open("http://d.localhost:" + browser.port + "/"))
                    .startsWith("HTTP/1.1 503 ") // which only those hear whom the node knows
                    .contains("d is off line");
        }
    }
}
