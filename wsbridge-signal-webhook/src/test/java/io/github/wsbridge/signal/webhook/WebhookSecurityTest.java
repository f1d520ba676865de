package io.github.wsbridge.signal.webhook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertificateException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;

/** Invitations reach the configured server only, and secrets are not shown. */
class WebhookSecurityTest extends WebhookSignallerFixture {

    @Test
    void signal_redirect_isNotFollowed() throws Exception {
        WebhookSignaller signaller = open(builder());
        for (int status : List.of(301, 302, 303, 307, 308)) {
            backend.behaviour = request -> {
                request.exchange()
                        .getResponseHeaders()
                        .set("Location", backend.url().resolve("/elsewhere").toString());
                request.answer(status, "");
            };
            assertThat(failure(signal(signaller))).hasMessage("the webhook answered " + status);
        }
        assertThat(backend.requests).hasSize(5);
        assertThat(backend.strays).isEmpty();
    }

    @Test
    void signal_untrustedOrWrongCertificate_fails() throws Exception {
        try (Backend secure = Backend.secure()) {
            WebhookSignaller untrusting =
                    open(WebhookSignaller.builder(secure.url(), Samples.KEY).maxAttempts(1));
            assertThat(failure(signal(untrusting)))
                    .hasMessage("the webhook cannot be reached")
                    .hasRootCauseInstanceOf(CertPathBuilderException.class);
            URI other = URI.create(secure.url().toString().replace("127.0.0.1", "localhost"));
            WebhookSignaller astray = open(WebhookSignaller.builder(other, Samples.KEY)
                    .sslContext(BackendKeys.clientContext())
                    .maxAttempts(1));
            assertThat(failure(signal(astray)))
                    .hasMessage("the webhook cannot be reached")
                    .hasRootCauseInstanceOf(CertificateException.class);
            assertThat(secure.requests).isEmpty();
        }
    }

    @Test
    void build_httpToAnotherHost_warns() {
        List<LogRecord> records = new CopyOnWriteArrayList<>();
        Handler handler = new Handler() {
            @Override
            public void publish(LogRecord record) {
                records.add(record);
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        Logger log = Logger.getLogger(WebhookSignaller.class.getName());
        log.addHandler(handler);
        log.setUseParentHandlers(false);
        try {
            for (String quiet : List.of(
                    "https://example.com/",
                    "http://127.0.0.1/",
                    "http://127.1.2.3:81/",
                    "http://[::1]/",
                    "http://LocalHost")) {
                open(WebhookSignaller.builder(URI.create(quiet), Samples.KEY));
            }
            assertThat(records).isEmpty();
            for (String loud : List.of("http://example.com/hidden", "http://127.0.0.1.example.com/", "http://[::2]/")) {
                open(WebhookSignaller.builder(URI.create(loud), Samples.KEY));
            }
            assertThat(records).hasSize(3).allSatisfy(record -> {
                assertThat(record.getLevel()).isEqualTo(Level.WARNING);
                assertThat(record.getMessage()).doesNotContain("hidden");
            });
        } finally {
            log.removeHandler(handler);
            log.setUseParentHandlers(true);
        }
    }

    @Test
    void signal_connectionRefused_failsWithoutTheUrl() throws Exception {
        Throwable failure;
        // Bound but not listening: it refuses connections, and nothing else can take the port.
        try (Socket bound = new Socket()) {
            bound.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            URI url = URI.create("http://127.0.0.1:" + bound.getLocalPort() + "/hidden?code=hidden");
            WebhookSignaller signaller = open(
                    WebhookSignaller.builder(url, Samples.KEY).backoff(Duration.ofMillis(1), Duration.ofMillis(1)));
            failure = failure(signal(signaller));
            assertThat(signaller.toString()).doesNotContain("hidden").doesNotContain("example key");
        }
        assertThat(failure).hasMessage("the webhook cannot be reached");
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            assertThat(cause.toString()).doesNotContain("hidden");
        }
    }

    @Test
    void builder_invalidSettings_areRefusedWithoutSecrets() {
        for (String url : List.of(
                "ftp://example.com/hidden",
                "file:///hidden",
                "/hidden",
                "http:///hidden",
                "https://user:hidden@example.com/",
                "https://example.com/hidden#part")) {
            assertThatThrownBy(() -> WebhookSignaller.builder(URI.create(url), Samples.KEY))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageNotContaining("hidden");
        }
        assertThatThrownBy(() -> builder().header("X", "hidden\r\nY: z"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageNotContaining("hidden");
        assertThatThrownBy(() -> builder().maxConcurrent(0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> builder().backoff(Duration.ZERO, Duration.ofSeconds(1)))
                .isInstanceOf(IllegalArgumentException.class);
        for (String own : List.of("Wsbridge-Signature", "wsbridge-timestamp", "IDEMPOTENCY-KEY")) {
            assertThatThrownBy(() -> builder().header(own, "hidden"))
                    .as(own)
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageNotContaining("hidden");
        }
        assertThatThrownBy(() -> builder().requestTimeout(Duration.ZERO)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> builder().requestTimeout(Duration.ofDays(2)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> builder().backoff(Duration.ofSeconds(1), Duration.ofDays(200_000)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> WebhookKey.of("too short")).isInstanceOf(IllegalArgumentException.class);
        assertThat(Samples.KEY).hasToString("WebhookKey[redacted]");
    }
}
