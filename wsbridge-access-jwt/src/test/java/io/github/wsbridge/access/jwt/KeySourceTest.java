package io.github.wsbridge.access.jwt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWKSet;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.KeyPairGenerator;
import java.security.interfaces.ECPublicKey;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class KeySourceTest {

    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final CountDownLatch over = new CountDownLatch(1);
    private HttpServer server;
    private String base;
    private String keys;

    @BeforeEach
    void up() throws Exception {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(task -> {
            Thread thread = new Thread(task);
            thread.setDaemon(true);
            thread.start();
        });
        server.start();
        base = "http://127.0.0.1:" + server.getAddress().getPort();
        ECPublicKey key = (ECPublicKey)
                KeyPairGenerator.getInstance("EC").generateKeyPair().getPublic();
        keys = new JWKSet(new ECKey.Builder(Curve.forECParameterSpec(key.getParams()), key)
                        .keyID("k")
                        .build())
                .toString();
    }

    @AfterEach
    void down() {
        over.countDown();
        server.stop(0);
    }

    private void serve(String path, int status, String body) {
        server.createContext(path, exchange -> {
            byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Location", base + "/keys");
            exchange.sendResponseHeaders(status, bytes.length);
            exchange.getResponseBody().write(bytes);
            exchange.close();
        });
    }

    private KeySource url(Duration timeout) {
        return KeySource.url(URI.create(base + "/keys"), timeout);
    }

    @Test
    void url_isFetched() throws Exception {
        serve("/keys", 200, keys);
        assertThat(url(PATIENCE).read().getKeyByKeyId("k")).isNotNull();
    }

    @Test
    void issuer_namesTheKeys() throws Exception {
        serve("/keys", 200, keys);
        serve(
                "/realm/.well-known/openid-configuration",
                200,
                "{\"issuer\":\"" + base + "/realm\",\"jwks_uri\":\"" + base + "/keys\"}");
        assertThat(KeySource.issuer(base + "/realm", PATIENCE).read().getKeyByKeyId("k"))
                .isNotNull();
    }

    @Test
    void configurationOfAnotherIssuer_orWithAnUnsafeUrl_isRefused() {
        serve(
                "/a/.well-known/openid-configuration",
                200,
                "{\"issuer\":\"" + base + "/b\",\"jwks_uri\":\"" + base + "/keys\"}");
        serve(
                "/c/.well-known/openid-configuration",
                200,
                "{\"issuer\":\"" + base + "/c\",\"jwks_uri\":\"http://192.0.2.1/keys\"}");
        serve("/d/.well-known/openid-configuration", 200, "[]");
        assertThatThrownBy(() -> KeySource.issuer(base + "/a", PATIENCE).read())
                .isInstanceOf(IOException.class)
                .hasMessageContaining("another issuer");
        assertThatThrownBy(() -> KeySource.issuer(base + "/c", PATIENCE).read())
                .isInstanceOf(IOException.class)
                .hasMessageContaining("not an https URL");
        assertThatThrownBy(() -> KeySource.issuer(base + "/d", PATIENCE).read()).isInstanceOf(IOException.class);
    }

    @Test
    void errors_redirects_garbage_andTooMuch_areRefused() {
        serve("/keys", 302, keys);
        assertThatThrownBy(() -> url(PATIENCE).read())
                .isInstanceOf(IOException.class)
                .hasMessageContaining("302");
        for (String body : new String[] {"", "{}", "{\"keys\":[]}", "x".repeat(KeySource.MOST_BYTES + 1)}) {
            server.removeContext("/keys");
            serve("/keys", 200, body);
            assertThatThrownBy(() -> url(PATIENCE).read()).isInstanceOf(IOException.class);
        }
    }

    @Test
    void serverThatDoesNotAnswer_orNotToTheEnd_failsInTime() {
        server.createContext("/keys", exchange -> await(over));
        assertThatThrownBy(() -> url(Duration.ofMillis(300)).read()).isInstanceOf(IOException.class);
        server.removeContext("/keys");
        server.createContext("/keys", exchange -> {
            exchange.sendResponseHeaders(200, 100);
            exchange.getResponseBody().write('{');
            exchange.getResponseBody().flush();
            await(over);
        });
        assertThatThrownBy(() -> url(Duration.ofMillis(300)).read()).isInstanceOf(IOException.class);
        server.stop(0);
        assertThatThrownBy(() -> url(PATIENCE).read()).isInstanceOf(IOException.class);
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
