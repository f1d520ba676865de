package io.github.wsbridge.testkit;

import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.wsbridge.BridgeId;
import io.github.wsbridge.BridgeToken;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.Endpoints;
import io.github.wsbridge.Invitation;
import io.github.wsbridge.spi.InvitationSource;
import io.github.wsbridge.spi.InvitationSource.Answer;
import io.github.wsbridge.spi.Signaller;
import io.github.wsbridge.spi.Signaller.Result;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The contract of {@link Signaller}. A signaller's test provides devices that listen on its channel. */
public abstract class SignallerContract {

    private static final URI BASE = URI.create("wss://bridge.example.com/base");

    private final List<AutoCloseable> devices = new ArrayList<>();
    private @Nullable Signaller signaller;

    /** Creates the suite. */
    protected SignallerContract() {}

    /** Creates the signaller under test. The suite closes it, possibly twice. */
    protected abstract Signaller newSignaller() throws Exception;

    /**
     * Starts a device, and returns when it is listening on the channel. The suite closes it, which stops it.
     *
     * @param device handles invitations; called on any thread, and may block
     */
    protected abstract AutoCloseable startDevice(String deviceId, Device device) throws Exception;

    /**
     * Starts a device on a source of invitations, for {@link #startDevice}. It rejects on the channel.
     *
     * @return stops it
     */
    protected final AutoCloseable startDevice(InvitationSource source, Device device) throws Exception {
        CountDownLatch listening = new CountDownLatch(1);
        source.start(new InvitationSource.Sink() {
            @Override
            public void listening() {
                listening.countDown();
            }

            @Override
            public CompletionStage<Answer> offer(Invitation invitation) {
                return CompletableFuture.supplyAsync(
                        () -> answer(source, invitation, device), task -> new Thread(task, "device").start());
            }

            @Override
            public void ended(CloseReason reason) {}
        });
        if (!listening.await(patience().toMillis(), MILLISECONDS)) {
            throw new AssertionError("the device does not listen within " + patience());
        }
        return source;
    }

    private static Answer answer(InvitationSource source, Invitation invitation, Device device) {
        Result result = device.invited(new Heard(invitation.acceptUrl().toString(), invitation.requestData()));
        if (result instanceof Result.Rejected no) {
            source.reject(invitation, no.rejection());
            return new Answer.Rejected(no.rejection());
        }
        return new Answer.Accepted();
    }

    /** A device's answer to invitations. */
    @FunctionalInterface
    public interface Device {

        /**
         * Handles an invitation. Returns {@link Result.Delivered} to accept it, {@link Result.Rejected} to reject it.
         */
        Result invited(Heard heard);
    }

    /**
     * An invitation as received from the channel.
     *
     * @param acceptUrl the exact URL
     * @param requestData the requester's data
     */
    public record Heard(String acceptUrl, String requestData) {}

    /** Returns device ids that the channel supports. */
    protected List<String> deviceIds() {
        return List.of("plain", "UPPER.lower-0_~", "a b&c=d/e?f#g%h+i", "grüße-日本-\uD83D\uDE80", "d".repeat(128));
    }

    /** Returns whether the channel detects that a device is not listening. */
    protected boolean knowsUnreachable() {
        return true;
    }

    /** Returns whether a device can reject an invitation by an answer on the channel. */
    protected boolean carriesRejections() {
        return true;
    }

    /**
     * Makes the channel report from now on that its rate limit is exceeded.
     *
     * @return whether it can; by default it cannot
     */
    protected boolean throttle() throws Exception {
        return false;
    }

    /**
     * Returns the number of invitations for which the signaller holds state; negative, the default, if it never holds
     * any.
     */
    protected int kept() {
        return -1;
    }

    /**
     * Returns whether closing the signaller completes invitations that wait for an answer, which a client library may
     * not support.
     */
    protected boolean closeEndsWaiting() {
        return true;
    }

    /** Returns the time limit for expected events on a slow, busy machine; 20 seconds by default. */
    protected Duration patience() {
        return Duration.ofSeconds(20);
    }

    @BeforeEach
    void start() throws Exception {
        signaller = newSignaller();
    }

    @AfterEach
    void stop() throws Exception {
        signaller().close();
        for (AutoCloseable device : devices) {
            device.close();
        }
    }

    @Test
    void signal_device_receivesUrlAndDataUnchanged() throws Exception {
        List<String> requestData = List.of(
                "",
                "plain",
                "{\"port\": 22, \"path\": \"/a?b=c&d=%20+#\"}",
                "grüße, 日本, \uD83D\uDE80",
                "line\r\nbreak\ttab\\\"'<>",
                "x".repeat(4096));
        for (String deviceId : deviceIds()) {
            BlockingQueue<Heard> heard = listen(deviceId);
            for (String data : requestData) {
                Invitation invitation = invitation(deviceId, data, Duration.ofMinutes(1));
                assertThat(result(invitation)).isInstanceOf(Result.Delivered.class);
                assertThat(take(heard))
                        .isEqualTo(new Heard(invitation.acceptUrl().toString(), data));
            }
        }
    }

    @Test
    void signal_unknownDevice_isUnreachable() throws Exception {
        assumeTrue(knowsUnreachable(), "the channel does not know who listens");
        listen("somebody");
        Invitation invitation = invitation("nobody", "", Duration.ofMinutes(1));
        Result result = result(invitation);
        assertThat(result).isInstanceOf(Result.Unreachable.class);
        showsNoSecret(result, invitation);
    }

    @Test
    void signal_deviceThatLeft_isUnreachable() throws Exception {
        assumeTrue(knowsUnreachable(), "the channel does not know who listens");
        startDevice("leaver", heard -> new Result.Delivered()).close();
        Awaitility.await()
                .atMost(patience())
                .until(() -> result(invitation("leaver", "", Duration.ofMinutes(1))) instanceof Result.Unreachable);
    }

    @Test
    void signal_rejectingDevice_reportsCodeAndReason() throws Exception {
        assumeTrue(carriesRejections(), "the channel carries no answers");
        for (Result.Rejected rejected : List.of(
                new Result.Rejected(0, ""),
                new Result.Rejected(403, "not today"),
                new Result.Rejected(9999, "nö, 日本 \uD83D\uDE80 \"quoted\" & more"))) {
            String deviceId = "refuser-" + rejected.rejection().code();
            devices.add(startDevice(deviceId, heard -> rejected));
            assertThat(result(invitation(deviceId, "", Duration.ofMinutes(1)))).isEqualTo(rejected);
        }
    }

    @Test
    void signal_channelOverItsLimit_isThrottled() throws Exception {
        listen("patient");
        assumeTrue(throttle(), "the test cannot make the channel throttle");
        Invitation invitation = invitation("patient", "private words", Duration.ofSeconds(2));
        Result result = result(invitation);
        assertThat(result).isInstanceOf(Result.Throttled.class);
        showsNoSecret(result, invitation);
    }

    @Test
    void signal_manyAtOnce_eachReachesItsDeviceOnce() throws Exception {
        Map<String, Set<String>> heard = new ConcurrentHashMap<>();
        Map<String, Set<String>> sent = new ConcurrentHashMap<>();
        Set<String> twice = ConcurrentHashMap.newKeySet();
        for (int i = 0; i < 20; i++) {
            String deviceId = "device-" + i;
            Set<String> urls = ConcurrentHashMap.newKeySet();
            heard.put(deviceId, urls);
            sent.put(deviceId, new HashSet<>());
            devices.add(startDevice(deviceId, invitation -> {
                if (!urls.add(invitation.acceptUrl())) {
                    twice.add(invitation.acceptUrl());
                }
                return new Result.Delivered();
            }));
        }
        List<CompletableFuture<Result>> results = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            Invitation invitation = invitation("device-" + i % 20, "number " + i, Duration.ofMinutes(1));
            sent.getOrDefault(invitation.deviceId(), Set.of())
                    .add(invitation.acceptUrl().toString());
            results.add(CompletableFuture.supplyAsync(() -> signaller().signal(invitation))
                    .thenCompose(stage -> stage));
        }
        for (CompletableFuture<Result> result : results) {
            assertThat(result.get(patience().toMillis(), MILLISECONDS)).isInstanceOf(Result.Delivered.class);
        }
        Awaitility.await("all invitations").atMost(patience()).until(() -> heard.equals(sent));
        assertThat(twice).isEmpty();
    }

    @Test
    void signal_slowDevice_doesNotBlockTheCaller() throws Exception {
        CountDownLatch awake = new CountDownLatch(1);
        try {
            devices.add(startDevice("sleeper", heard -> {
                awaken(awake);
                return new Result.Delivered();
            }));
            long start = System.nanoTime();
            for (int i = 0; i < 10; i++) {
                signaller().signal(invitation("sleeper", "", Duration.ofMinutes(1)));
            }
            assertThat(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start)).isLessThan(5000);
            BlockingQueue<Heard> other = listen("other");
            signaller().signal(invitation("other", "meanwhile", Duration.ofMinutes(1)));
            assertThat(take(other).requestData()).isEqualTo("meanwhile");
        } finally {
            awake.countDown();
        }
    }

    @Test
    void signal_expired_leavesNothingBehind() throws Exception {
        CountDownLatch awake = new CountDownLatch(1);
        try {
            devices.add(startDevice("sleeper", heard -> {
                awaken(awake);
                return new Result.Delivered();
            }));
            for (int i = 0; i < 10; i++) {
                signaller().signal(invitation("sleeper", "", Duration.ofMillis(500)));
                signaller().signal(invitation("nobody", "", Duration.ofMillis(500)));
            }
            Awaitility.await("nothing kept").atMost(patience()).until(() -> kept() <= 0);
        } finally {
            awake.countDown();
        }
    }

    @Test
    void close_whileADeviceHasNotAnswered_leavesNothingBehind() throws Exception {
        Assumptions.assumeTrue(closeEndsWaiting());
        CountDownLatch asleep = new CountDownLatch(1);
        CountDownLatch awake = new CountDownLatch(1);
        try {
            devices.add(startDevice("sleeper", heard -> {
                asleep.countDown();
                awaken(awake);
                return new Result.Delivered();
            }));
            for (int i = 0; i < 10; i++) {
                signaller().signal(invitation("sleeper", "", Duration.ofHours(1)));
            }
            assertThat(asleep.await(patience().toMillis(), TimeUnit.MILLISECONDS))
                    .isTrue();
            signaller().close();
            Awaitility.await("nothing kept").atMost(patience()).until(() -> kept() <= 0);
        } finally {
            awake.countDown();
        }
    }

    @Test
    void signal_secrets_areNotShown() throws Exception {
        listen("discreet");
        Invitation invitation = invitation("discreet", "private words", Duration.ofMinutes(1));
        showsNoSecret(result(invitation), invitation);
        showsNoSecret(signaller(), invitation);
        showsNoSecret(invitation, invitation);
    }

    private static void showsNoSecret(Object shown, Invitation invitation) {
        assertThat(String.valueOf(shown))
                .doesNotContain(invitation.token().value())
                .doesNotContain("private words");
    }

    private static void awaken(CountDownLatch latch) {
        try {
            if (!latch.await(60, TimeUnit.SECONDS)) {
                throw new IllegalStateException("not awakened");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private Signaller signaller() {
        Signaller started = signaller;
        if (started == null) {
            throw new IllegalStateException("not started");
        }
        return started;
    }

    private BlockingQueue<Heard> listen(String deviceId) throws Exception {
        BlockingQueue<Heard> queue = new LinkedBlockingQueue<>();
        devices.add(startDevice(deviceId, heard -> {
            queue.add(heard);
            return new Result.Delivered();
        }));
        return queue;
    }

    private Heard take(BlockingQueue<Heard> queue) throws InterruptedException {
        Heard heard = queue.poll(patience().toMillis(), MILLISECONDS);
        if (heard == null) {
            throw new AssertionError("the device received nothing within " + patience());
        }
        return heard;
    }

    private Result result(Invitation invitation) throws Exception {
        return signaller()
                .signal(invitation)
                .toCompletableFuture()
                .get(patience().toMillis(), MILLISECONDS);
    }

    private static Invitation invitation(String deviceId, String requestData, Duration life) {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        BridgeId id = new BridgeId(random.nextLong(), random.nextLong());
        BridgeToken token = new BridgeToken("tok_-" + id);
        return new Invitation(
                id,
                deviceId,
                token,
                Endpoints.accept(BASE, token, requestData),
                requestData,
                "alice",
                Instant.now().plus(life).truncatedTo(ChronoUnit.MILLIS));
    }
}
