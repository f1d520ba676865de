package io.github.wsbridge.signal.webhook;

import io.github.wsbridge.Invitation;
import io.github.wsbridge.spi.Signaller;
import io.github.wsbridge.wire.concurrent.Backoff;
import io.github.wsbridge.wire.concurrent.Daemons;
import java.io.IOException;
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
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
 * Posts each invitation, signed, to one URL, so that whatever answers there carries it to the device. Thread-safe; no method
 * blocks.
 *
 * <p>The URL is fixed and redirects are not followed, so neither a requester nor an answer decides where the node connects to. A
 * connection that fails, an answer that does not come in time, 429 and 5xx are tried again with the same idempotency key, after
 * a random and growing pause and whatever {@code Retry-After} says, while the invitation is good. A channel that stays over its
 * limit (429) gives {@link io.github.wsbridge.spi.Signaller.Result.Throttled}, one that stays broken a failure.
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
     * Starts to describe a signaller.
     *
     * @param url where to post: {@code http} or {@code https}, a host, no user info, no fragment
     * @param key signs what is posted
     * @throws IllegalArgumentException if the URL is not such a one
     */
    public static Builder builder(URI url, WebhookKey key) {
        return new Builder(url, key);
    }

    @Override
    public CompletionStage<Result> signal(Invitation invitation) {
        if (kept.incrementAndGet() > settings.maxWaiting) {
            kept.decrementAndGet();
            return CompletableFuture.completedFuture(new Result.Throttled("too many invitations wait for the webhook"));
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

    /** How many invitations something is kept for. */
    int kept() {
        return kept.get();
    }

    CompletableFuture<HttpResponse<byte[]>> send(Invitation invitation, byte[] body) {
        long timestamp = now().getEpochSecond();
        HttpRequest.Builder request = HttpRequest.newBuilder(settings.url)
                .POST(HttpRequest.BodyPublishers.ofByteArray(body))
                .header("Content-Type", "application/json")
                .header("Accept", "application/json")
                .header(WebhookHeaders.IDEMPOTENCY_KEY, invitation.bridgeId().toString())
                .header(WebhookHeaders.TIMESTAMP, Long.toString(timestamp))
                .header(WebhookHeaders.SIGNATURE, settings.key.sign(timestamp, body));
        settings.headers.forEach(request::setHeader);
        return client.sendAsync(request.build(), head -> new LimitedBody(settings.maxAnswerBytes));
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

    /** Gives up what is under way. The HTTP client's threads are daemons and end by themselves. */
    @Override
    public void close() {
        closed = true;
        deliveries.forEach(delivery -> delivery.fail(new IOException("the signaller is closed")));
        if (settings.scheduler == null) {
            scheduler.shutdown();
        }
    }

    /** Shows where it posts to, without path and query, which may be secrets. */
    @Override
    public String toString() {
        return "WebhookSignaller[" + settings.url.getScheme() + "://" + settings.url.getRawAuthority() + "]";
    }

    /** Settings of a signaller; all optional. Not thread-safe; to be used for one signaller. */
    public static final class Builder {
        private final URI url;
        private final WebhookKey key;
        private final Map<String, String> headers = new LinkedHashMap<>();
        private final HttpClient.Builder client;
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
                        "a webhook URL is http or https and has a host, no user info and no fragment");
            }
            this.url = url;
            this.key = key;
            // With HTTP/2 the JDK fails what is more at once than the server's streams; with HTTP/1.1 it connects once
            // more.
            client = HttpClient.newBuilder()
                    .followRedirects(HttpClient.Redirect.NEVER)
                    .connectTimeout(Duration.ofSeconds(5))
                    .version(HttpClient.Version.HTTP_1_1);
        }

        /**
         * A further header field of each request, such as {@code Authorization}; the value may be a secret.
         *
         * @throws IllegalArgumentException if the JDK's client does not send it, or if it is one that the signature needs
         */
        public Builder header(String name, String value) {
            if (WebhookHeaders.OWN.stream().anyMatch(name::equalsIgnoreCase)) {
                throw new IllegalArgumentException("the signaller sets this header itself");
            }
            try {
                HttpRequest.newBuilder(url).header(name, value);
            } catch (IllegalArgumentException e) { // whose words quote the value
                throw new IllegalArgumentException("not a header that can be sent");
            }
            headers.put(name, value);
            return this;
        }

        /** How long a connection may take to be made; 5 seconds by default. */
        public Builder connectTimeout(Duration timeout) {
            client.connectTimeout(timeout);
            return this;
        }

        /** How long one try may take to its answer's last byte; 10 seconds by default, a day at most. */
        public Builder requestTimeout(Duration timeout) {
            if (timeout.compareTo(Duration.ZERO) <= 0 || timeout.compareTo(DAY) > 0) {
                throw new IllegalArgumentException("a request's timeout is more than nothing and at most a day");
            }
            requestTimeout = timeout;
            return this;
        }

        /** How often an invitation is posted at most; 5 times by default. */
        public Builder maxAttempts(int attempts) {
            maxAttempts = positive(attempts);
            return this;
        }

        /** Bounds of the random pauses between tries, a day at most; 200 milliseconds, doubling up to 5 seconds, by default. */
        public Builder backoff(Duration shortest, Duration longest) {
            Backoff.check(shortest, longest);
            if (longest.compareTo(DAY) > 0) {
                throw new IllegalArgumentException("the longest pause must be at most a day");
            }
            minPause = shortest;
            maxPause = longest;
            return this;
        }

        /** How many requests may be under way at once; others wait. 256 by default. */
        public Builder maxConcurrent(int requests) {
            maxConcurrent = positive(requests);
            return this;
        }

        /** How many invitations may be under way, in a pause or waiting; more are throttled. 10,000 by default. */
        public Builder maxWaiting(int invitations) {
            maxWaiting = positive(invitations);
            return this;
        }

        /** The longest answer that is read, in bytes; 16 KiB by default. */
        public Builder maxAnswerBytes(int bytes) {
            maxAnswerBytes = positive(bytes);
            return this;
        }

        /** Keys and trust for {@code https}; the JDK's defaults otherwise. */
        public Builder sslContext(SSLContext context) {
            client.sslContext(context);
            return this;
        }

        /** Chooses proxies; the default is {@link ProxySelector#getDefault()}, which reads the system properties. */
        public Builder proxy(ProxySelector proxies) {
            client.proxy(proxies);
            return this;
        }

        /** The clock; the system's by default. */
        public Builder clock(InstantSource value) {
            clock = value;
            return this;
        }

        /** Draws the pauses; a {@code SecureRandom} by default. */
        public Builder random(RandomGenerator value) {
            random = value;
            return this;
        }

        /** Runs timers, nothing that blocks; a daemon thread of its own by default. One that is given is not shut down. */
        public Builder scheduler(ScheduledExecutorService value) {
            scheduler = value;
            return this;
        }

        /** Makes the signaller. Warns in the log where what it posts can be read on the way. */
        public WebhookSignaller build() {
            if (!"https".equalsIgnoreCase(url.getScheme()) && !loopback(url.getHost())) {
                log.warn("The webhook at {} has no TLS: whoever is on the way reads the invitations", url.getHost());
            }
            return new WebhookSignaller(this);
        }

        /** Whether a host is this machine, without looking its name up. */
        private static boolean loopback(String host) {
            return host.equalsIgnoreCase("localhost")
                    || host.equals("[::1]")
                    || host.matches("127\\.[0-9]+\\.[0-9]+\\.[0-9]+");
        }

        private static int positive(int value) {
            if (value < 1) {
                throw new IllegalArgumentException("a bound is at least one");
            }
            return value;
        }
    }
}
