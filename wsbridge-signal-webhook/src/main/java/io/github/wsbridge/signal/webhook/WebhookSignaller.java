package io.github.wsbridge.signal.webhook;

import io.github.wsbridge.Invitation;
import io.github.wsbridge.spi.Proxies;
import io.github.wsbridge.spi.Signaller;
import io.github.wsbridge.wire.concurrent.Backoff;
import io.github.wsbridge.wire.concurrent.Daemons;
import io.github.wsbridge.wire.net.TlsRules;
import io.github.wsbridge.wire.proxy.RelayingSelector;
import io.github.wsbridge.wire.trace.TraceFields;
import java.io.IOException;
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Posts each invitation, signed, to one URL, whose receiver passes it on to the device. Thread-safe; no method blocks.
 *
 * <p>The URL is fixed and redirects are not followed, so neither a requester nor a response determines where the node
 * connects. After a failed connection, a timeout, 429 or 5xx, the request is retried with the same idempotency key
 * while the invitation is valid, after a random, growing delay and not before {@code Retry-After}. If the receiver
 * stays over its limit (429), the result is {@link io.github.wsbridge.spi.Signaller.Result.Throttled}; if it keeps
 * failing, a failure.
 */
public final class WebhookSignaller implements Signaller {

    private static final Logger log = LoggerFactory.getLogger(WebhookSignaller.class);
    private static final Duration DAY = Duration.ofDays(1);

    private final Builder settings;
    private final HttpClient client;
    private final ScheduledExecutorService scheduler;
    private final Turns turns;
    private final Set<Delivery> deliveries = ConcurrentHashMap.newKeySet();
    private final AtomicInteger kept = new AtomicInteger();
    private volatile boolean closed;

    private WebhookSignaller(Builder settings) {
        this.settings = settings;
        this.client = settings.client.build();
        this.scheduler = settings.scheduler == null ? newTimer() : settings.scheduler;
        this.turns = new Turns(settings.maxConcurrent);
    }

    /**
     * Returns a builder for a signaller.
     *
     * @param url the URL to post to: {@code http} or {@code https}, with a host and without user info or fragment
     * @param key the key that signs the requests, and so the form of the signature: this project's, or that of Standard
     *     Webhooks
     * @throws IllegalArgumentException if it is not such a URL
     */
    public static Builder builder(URI url, WebhookKey key) {
        return new Builder(url, key);
    }

    @Override
    public String channel() {
        return "webhook";
    }

    @Override
    public CompletionStage<Result> signal(Invitation invitation) {
        if (kept.incrementAndGet() > settings.maxWaiting) {
            kept.decrementAndGet();
            return CompletableFuture.completedFuture(
                    new Result.Throttled("too many invitations are waiting" + " for the webhook"));
        }
        Delivery delivery = new Delivery(invitation, this, turns, scheduler, this::over);
        deliveries.add(delivery);
        if (closed) {
            delivery.fail(new IOException("the signaller is closed"));
        } else {
            delivery.start();
        }
        return delivery.result().minimalCompletionStage();
    }

    private void over(Delivery delivery) {
        deliveries.remove(delivery);
        kept.decrementAndGet();
    }

    /** The number of invitations for which state is kept. */
    int kept() {
        return kept.get();
    }

    CompletableFuture<HttpResponse<byte[]>> send(Invitation invitation, byte[] body) {
        long timestamp = now().getEpochSecond();
        String id = invitation.bridgeId().toString();
        HttpRequest.Builder request = HttpRequest.newBuilder(settings.url)
                .POST(HttpRequest.BodyPublishers.ofByteArray(body))
                .header("Content-Type", "application/json")
                .header("Accept", "application/json")
                .header(WebhookHeaders.IDEMPOTENCY_KEY, id);
        settings.key.fields(id, timestamp, body).forEach(request::setHeader);
        TraceFields.forEach(invitation.trace(), request::setHeader); // so that any traced service continues the trace
        settings.headers.forEach(request::setHeader);
        return client.sendAsync(request.build(), head -> new LimitedBody(settings.maxAnswerBytes));
    }

    /** Returns the failure to reach the webhook, with the words of a proxy that did not let the request through. */
    IOException unreachable(@Nullable Throwable cause) {
        RelayingSelector relays = settings.relays;
        if (relays != null && cause instanceof IOException failure) {
            IOException why = relays.explained(settings.url, failure);
            if (why != failure) {
                return new IOException("the webhook cannot be reached: " + why.getMessage(), cause);
            }
        }
        return new IOException("the webhook cannot be reached", cause);
    }

    Instant now() {
        return settings.clock.instant();
    }

    Duration left(Invitation invitation) {
        Duration left = Duration.between(now(), invitation.expiresAt());
        return left.isNegative() ? Duration.ZERO : left;
    }

    Duration requestTimeout() {
        return settings.requestTimeout;
    }

    int maxAttempts() {
        return settings.maxAttempts;
    }

    Backoff backoff() {
        return new Backoff(settings.minPause, settings.maxPause, settings.random);
    }

    private static ScheduledExecutorService newTimer() {
        ScheduledThreadPoolExecutor timer = Daemons.newTimer("wsbridge-webhook-timer");
        timer.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        return timer;
    }

    /** Abandons pending invitations. The HTTP client's threads are daemons and end on their own. */
    @Override
    public void close() {
        closed = true;
        if (settings.relays != null) {
            settings.relays.close();
        }
        deliveries.forEach(delivery -> delivery.fail(new IOException("the signaller is closed")));
        if (settings.scheduler == null) {
            scheduler.shutdown();
        }
    }

    /** Includes the URL without its path and query, which may be secrets. */
    @Override
    public String toString() {
        return "WebhookSignaller[" + settings.url.getScheme() + "://" + settings.url.getRawAuthority() + "]";
    }

    /** Settings of a signaller; all optional. Not thread-safe; use it for one signaller only. */
    public static final class Builder {
        private final URI url;
        private final WebhookKey key;
        private final Map<String, String> headers = new LinkedHashMap<>();
        private final HttpClient.Builder client;
        private @Nullable RelayingSelector relays;
        private Duration requestTimeout = Duration.ofSeconds(10);
        private int maxAttempts = 5;
        private Duration minPause = Duration.ofMillis(200);
        private Duration maxPause = Duration.ofSeconds(5);
        private int maxConcurrent = 256;
        private int maxWaiting = 10_000;
        private int maxAnswerBytes = 16 * 1024;
        private InstantSource clock = InstantSource.system();
        private RandomGenerator random = new SecureRandom();
        private @Nullable ScheduledExecutorService scheduler;

        private Builder(URI url, WebhookKey key) {
            if (!"https".equalsIgnoreCase(url.getScheme()) && !"http".equalsIgnoreCase(url.getScheme())
                    || url.getHost() == null
                    || url.getRawUserInfo() != null
                    || url.getRawFragment() != null) {
                // The URL may be a secret.
                throw new IllegalArgumentException(
                        "a webhook URL must be http or https, with a host and without user info or fragment");
            }
            this.url = url;
            this.key = key;
            // With HTTP/2, the JDK fails requests beyond the server's stream limit; with HTTP/1.1, it opens another
            // connection.
            client = HttpClient.newBuilder()
                    .followRedirects(HttpClient.Redirect.NEVER)
                    .connectTimeout(Duration.ofSeconds(5))
                    .version(HttpClient.Version.HTTP_1_1);
            try {
                client.sslParameters(TlsRules.parameters(SSLContext.getDefault()));
            } catch (NoSuchAlgorithmException e) {
                // without TLS, which is found out when it is used
            }
        }

        /**
         * Adds a header field to each request, such as {@code Authorization}; the value may be a secret.
         *
         * @throws IllegalArgumentException if the JDK's client cannot send it, or if the signature uses it
         */
        public Builder header(String name, String value) {
            if (WebhookHeaders.OWN.stream().anyMatch(name::equalsIgnoreCase)) {
                throw new IllegalArgumentException("the signaller sets this header itself");
            }
            try {
                HttpRequest.newBuilder(url).header(name, value);
            } catch (IllegalArgumentException e) { // its message quotes the value
                throw new IllegalArgumentException("not a header that can be sent");
            }
            headers.put(name, value);
            return this;
        }

        /** Sets the time limit for connecting; 5 seconds by default. */
        public Builder connectTimeout(Duration timeout) {
            client.connectTimeout(timeout);
            return this;
        }

        /**
         * Sets the time limit for one attempt, up to the last byte of the response; 10 seconds by default, at most a
         * day.
         */
        public Builder requestTimeout(Duration timeout) {
            if (timeout.compareTo(Duration.ZERO) <= 0 || timeout.compareTo(DAY) > 0) {
                throw new IllegalArgumentException("the request timeout must be positive and at most a day");
            }
            requestTimeout = timeout;
            return this;
        }

        /** Sets the maximum number of attempts for each invitation; 5 by default. */
        public Builder maxAttempts(int attempts) {
            maxAttempts = positive(attempts);
            return this;
        }

        /**
         * Sets the bounds of the random delays between attempts, at most a day; by default, 200 milliseconds, doubling
         * up to 5 seconds.
         */
        public Builder backoff(Duration shortest, Duration longest) {
            Backoff.check(shortest, longest);
            if (longest.compareTo(DAY) > 0) {
                throw new IllegalArgumentException("the longest delay must be at most a day");
            }
            minPause = shortest;
            maxPause = longest;
            return this;
        }

        /** Sets the maximum number of concurrent requests; others wait. 256 by default. */
        public Builder maxConcurrent(int requests) {
            maxConcurrent = positive(requests);
            return this;
        }

        /**
         * Sets the maximum number of invitations in progress or waiting; further ones are throttled. 10,000 by default.
         */
        public Builder maxWaiting(int invitations) {
            maxWaiting = positive(invitations);
            return this;
        }

        /** Sets the maximum length of a response, in bytes; 16 KiB by default. Of a longer one, the status counts. */
        public Builder maxAnswerBytes(int bytes) {
            maxAnswerBytes = positive(bytes);
            return this;
        }

        /** Sets keys and trust for {@code https}; the JDK's defaults otherwise. */
        public Builder sslContext(SSLContext context) {
            client.sslParameters(TlsRules.parameters(context));
            client.sslContext(context);
            return this;
        }

        /** Selects proxies; the default is {@link ProxySelector#getDefault()}, which reads the system properties. */
        public Builder proxy(ProxySelector proxies) {
            client.proxy(proxies);
            relays = null;
            return this;
        }

        /**
         * Chooses the proxy for each connection. The JDK's client knows neither SOCKS nor, in general, users and
         * passwords: with such a proxy, requests take a detour over a port of the loopback address, which leads only to
         * this URL's host, and two threads for each connection.
         */
        public Builder proxies(Proxies choice) {
            relays = new RelayingSelector(choice);
            client.proxy(relays);
            return this;
        }

        /** Sets the clock; the system clock by default. */
        public Builder clock(InstantSource value) {
            clock = value;
            return this;
        }

        /** Sets the source of randomness for the delays; a {@code SecureRandom} by default. */
        public Builder random(RandomGenerator value) {
            random = value;
            return this;
        }

        /**
         * Sets the scheduler for timers, which never block; by default, a separate daemon thread. A scheduler given
         * here is not shut down.
         */
        public Builder scheduler(ScheduledExecutorService value) {
            scheduler = value;
            return this;
        }

        /** Builds the signaller. Logs a warning if its requests are not encrypted. */
        public WebhookSignaller build() {
            if (!"https".equalsIgnoreCase(url.getScheme()) && !loopback(url.getHost())) {
                log.warn(
                        "The webhook at {} does not use TLS: the invitations can be read on the network",
                        url.getHost());
            }
            return new WebhookSignaller(this);
        }

        /** Returns whether a host is this machine, without resolving its name. */
        private static boolean loopback(String host) {
            return host.equalsIgnoreCase("localhost")
                    || host.equals("[::1]")
                    || host.matches("127\\.[0-9]+\\.[0-9]+\\.[0-9]+");
        }

        private static int positive(int value) {
            if (value < 1) {
                throw new IllegalArgumentException("a limit must be at least 1");
            }
            return value;
        }
    }
}
