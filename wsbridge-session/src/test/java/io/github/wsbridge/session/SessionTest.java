package io.github.wsbridge.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.github.wsbridge.BridgeException;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.Rejection;
import io.github.wsbridge.client.BridgeChannel;
import io.github.wsbridge.client.BridgeDevice;
import io.github.wsbridge.client.BridgeLeg;
import io.github.wsbridge.client.IncomingBridge;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.testkit.RecordingReceiver;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SessionTest {

    private static final int SECONDS = 30;
    private static final CloseReason OWN = new CloseReason(4999, "");

    private final BlockingQueue<IncomingBridge> arrived = new LinkedBlockingQueue<>();
    private final List<AutoCloseable> closed = new ArrayList<>();

    @AfterEach
    void down() throws Exception {
        for (AutoCloseable each : closed) {
            each.close();
        }
    }

    // Streams

    @Test
    void open_manyStreams_shareOneBridge() throws Exception {
        MemoryDevice device = new MemoryDevice(handler(SessionTest::echo));
        BridgeSessions sessions = sessions(device);
        List<BridgeChannel> channels = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            channels.add(open(sessions, "echo " + i));
        }
        for (int i = 0; i < 50; i++) {
            byte[] word = ("stream " + i).getBytes(StandardCharsets.UTF_8);
            channels.get(i).write(ByteBuffer.wrap(word));
        }
        for (int i = 0; i < 50; i++) {
            channels.get(i).shutdownOutput();
            assertThat(new String(channels.get(i).inputStream().readAllBytes(), StandardCharsets.UTF_8))
                    .isEqualTo("stream " + i);
        }
        assertThat(device.asked).containsExactly(BridgeSessions.REQUEST_DATA);
    }

    @Test
    void incoming_isWhatTheRequesterAskedFor() throws Exception {
        BridgeSessions sessions = sessions(new MemoryDevice(handler(arrived::add)));
        for (String data : List.of("", "-", "ssh", "host:22", "[::1]:22", "wörter & blanks/%41", "\u0000\n")) {
            CompletableFuture<BridgeLeg> asked = sessions.leg("d", data);
            IncomingBridge incoming = next();
            BridgeLeg far = get(incoming.acceptLeg());
            BridgeLeg near = get(asked);

            assertThat(incoming.requestData()).isEqualTo(data);
            assertThat(incoming.deviceId()).isEqualTo("d");
            assertThat(incoming.principal()).isEqualTo("somebody");
            assertThat(far.bridgeId()).isEqualTo(near.bridgeId()).isEqualTo(incoming.bridgeId());
            near.abort();
        }
    }

    @Test
    void open_takesOneRoundTrip() throws Exception {
        MemoryDevice device = new MemoryDevice(handler(arrived::add));
        AtomicReference<LongLink> link = new AtomicReference<>();
        BridgeSessions sessions =
                closing(BridgeSessions.over((id, data) -> device.leg(id, data).thenApply(leg -> {
                    link.set(new LongLink(leg));
                    return link.get();
                })));
        CompletableFuture<BridgeLeg> first = sessions.leg("d", "begins the session");
        await().until(() -> link.get() != null);
        LongLink far = link.get();
        await().until(() -> {
            far.reachDevice();
            far.reachRequester();
            arrived.forEach(IncomingBridge::acceptLeg);
            return first.isDone();
        });
        arrived.clear();

        CompletableFuture<BridgeLeg> asked = sessions.leg("d", "x");
        await().until(
                        () -> { // nothing comes back meanwhile
                            far.reachDevice();
                            return !arrived.isEmpty();
                        });
        RecordingReceiver there = new RecordingReceiver(get(next().acceptLeg())).open();
        assertThat(asked).isNotDone();
        await().until(
                        () -> { // nothing else has to be sent for that
                            far.reachRequester();
                            return asked.isDone();
                        });
        RecordingReceiver here = new RecordingReceiver(get(asked)).open();
        here.send(Fragment.text("hello"));
        there.demand();
        await().until(() -> {
            far.reachDevice();
            return there.count() > 0;
        });
        ByteBuffer arrivedThere = there.fragments().get(0).payload();
        assertThat(StandardCharsets.UTF_8.decode(arrivedThere).toString()).isEqualTo("hello");
    }

    @Test
    void bulk_bothDirections_arrivesUnchanged() throws Exception {
        BridgeSessions sessions = sessions(new MemoryDevice(handler(SessionTest::echo)));
        BridgeChannel channel = open(sessions, "echo");
        byte[] data = new byte[20_000_000];
        new Random(3).nextBytes(data);
        CompletableFuture<Void> written = CompletableFuture.runAsync(() -> {
            try {
                channel.write(ByteBuffer.wrap(data));
                channel.shutdownOutput();
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        });

        assertThat(channel.inputStream().readAllBytes()).isEqualTo(data);
        get(written);
        assertThat(get(channel.closed().toCompletableFuture())).isEqualTo(CloseReason.normal());
    }

    // The end

    @Test
    void halfClose_leavesTheOtherDirection() throws Exception {
        Pair pair = pair();
        pair.near.send(Fragment.text("to the end"));
        pair.near.send(Fragment.binary(ByteBuffer.allocate(0)));

        assertThat(pair.far.nextText()).isEqualTo("to the end");
        assertThat(pair.far.nextBytes()).isEmpty();
        pair.far.send(Fragment.text("and back"));
        assertThat(pair.near.nextText()).isEqualTo("and back");
        pair.far.send(Fragment.binary(ByteBuffer.allocate(0)));
        assertThat(pair.near.nextBytes()).isEmpty();

        assertThat(pair.near.awaitClosed()).isEqualTo(CloseReason.normal());
        assertThat(pair.far.awaitClosed()).isEqualTo(CloseReason.normal());
        pair.check();
    }

    @Test
    void close_normally_comesAfterTheData() throws Exception {
        Pair pair = pair();
        pair.near.send(Fragment.text("last words"));
        pair.near.leg().close(CloseReason.normal());

        assertThat(pair.far.nextText()).isEqualTo("last words");
        assertThat(pair.far.nextBytes()).isEmpty();
        assertThat(pair.far.awaitClosed()).isEqualTo(CloseReason.normal());
        assertThat(pair.near.awaitClosed()).isEqualTo(CloseReason.normal());
        pair.check();
    }

    @Test
    void close_withACode_comesAfterTheData() throws Exception {
        for (int code : List.of(1001, 1011, 1013, 3333, 4000, 4429, 4999)) {
            Pair pair = pair();
            pair.far.send(Fragment.text("last words"));
            pair.far.leg().close(new CloseReason(code, "why"));

            assertThat(pair.near.nextText()).isEqualTo("last words");
            assertThat(pair.near.awaitClosed().code()).isEqualTo(code);
            assertThat(pair.far.awaitClosed().code()).isEqualTo(code);
            pair.check();
        }
    }

    @Test
    void close_manyStreamsAtOnce_endsTheseOnly() throws Exception {
        MemoryDevice device = new MemoryDevice(handler(arrived::add));
        BridgeSessions sessions = sessions(device);
        Pair stays = pair(sessions);
        List<Pair> pairs = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            pairs.add(pair(sessions));
        }
        for (Pair pair : pairs) {
            pair.far.leg().close(OWN);
        }
        for (Pair pair : pairs) {
            assertThat(pair.near.awaitClosed().code()).isEqualTo(OWN.code());
        }
        stays.near.send(Fragment.text("still here"));
        assertThat(stays.far.nextText()).isEqualTo("still here");
        assertThat(device.asked).hasSize(1);
    }

    @Test
    void close_withUnreadData_endsHere() throws Exception {
        Pair pair = pair();
        pair.far.send(Fragment.text("never read"));
        pair.near.leg().close(OWN);
        pair.far.demand();

        assertThat(pair.near.awaitClosed()).isEqualTo(OWN);
        assertThat(pair.far.awaitClosed().code()).isEqualTo(OWN.code());
    }

    @Test
    void abort_isAnAbnormalEnd() throws Exception {
        Pair pair = pair();
        pair.near.leg().abort();

        assertThat(pair.far.awaitClosed().code()).isEqualTo(CloseReason.VANISHED);
        assertThat(pair.near.awaitClosed().code()).isEqualTo(CloseReason.VANISHED);
    }

    @Test
    void send_afterTheEnd_fails() throws Exception {
        Pair pair = pair();
        pair.near.leg().close(OWN);
        pair.near.awaitClosed();

        assertThatThrownBy(() -> pair.near.send(Fragment.text("late"))).hasCauseInstanceOf(IOException.class);
    }

    @Test
    void sessionEnds_itsStreamsToo() throws Exception {
        MemoryDevice device = new MemoryDevice(handler(arrived::add));
        BridgeSessions sessions = sessions(device);
        Pair pair = pair(sessions);

        device.devicesEnds.get(0).abort();

        assertThat(pair.near.awaitClosed().code()).isEqualTo(CloseReason.VANISHED);
        assertThat(pair.far.awaitClosed().code()).isEqualTo(CloseReason.VANISHED);
    }

    // The device's answer

    @Test
    void reject_saysWhy() throws Exception {
        BridgeSessions sessions = sessions(new MemoryDevice(handler(arrived::add)));
        for (int code : List.of(404, 403, 502, 599, 0, 200, 9999)) {
            CompletableFuture<BridgeLeg> asked = sessions.leg("d", "ssh");
            assertThat(next().reject(code, "näin")).isTrue();
            assertThat(failure(asked)).isEqualTo(new CloseReason(CloseReason.REJECTED, code + " näin"));
        }
        CompletableFuture<BridgeLeg> asked = sessions.leg("d", "ssh");
        next().reject(403, "");
        assertThat(failure(asked)).isEqualTo(new CloseReason(CloseReason.REJECTED, "403"));
    }

    @Test
    void answer_theFirstCounts() throws Exception {
        BridgeSessions sessions = sessions(new MemoryDevice(handler(arrived::add)));
        sessions.leg("d", "a");
        IncomingBridge rejected = next();
        assertThat(rejected.reject(404, "no")).isTrue();
        assertThat(rejected.acceptLeg()).isCompletedExceptionally();

        sessions.leg("d", "b");
        IncomingBridge accepted = next();
        CompletableFuture<BridgeLeg> leg = accepted.acceptLeg();
        assertThat(accepted.reject(404, "no")).isFalse();
        assertThat(accepted.acceptLeg()).isSameAs(leg);
    }

    @Test
    void handlerFails_isTold() throws Exception {
        BridgeSessions sessions = sessions(new MemoryDevice(handler(incoming -> {
            throw new IOException("broken");
        })));

        assertThat(failure(sessions.leg("d", "x")))
                .isEqualTo(new CloseReason(CloseReason.REJECTED, "500 the device's handler failed"));
    }

    @Test
    void handler_leavesItUnanswered_isRejected() throws Exception {
        SessionHandler device = SessionHandler.builder(arrived::add)
                .openTimeout(Duration.ofMillis(200))
                .build();
        CompletableFuture<BridgeLeg> asked = sessions(new MemoryDevice(device)).leg("d", "x");
        IncomingBridge incoming = next();

        assertThat(failure(asked).reason()).startsWith("504 ");
        get(incoming.lapsed().toCompletableFuture());
        assertThat(incoming.acceptLeg()).isCompletedExceptionally();
    }

    @Test
    void requesterGivesUp_isTold() throws Exception {
        CompletableFuture<BridgeLeg> asked =
                sessions(new MemoryDevice(handler(arrived::add))).leg("d", "x");
        IncomingBridge incoming = next();

        asked.cancel(true);

        get(incoming.lapsed().toCompletableFuture());
        assertThat(failure(incoming.acceptLeg()).code()).isEqualTo(CloseReason.BAD_TOKEN);
    }

    // Flow control

    @Test
    void stalledStream_costsItsOwnWindowOnly() throws Exception {
        BridgeSessions sessions = sessions(new MemoryDevice(handler(arrived::add)));
        Pair stalled = pair(sessions);
        BridgeLeg sender = (BridgeLeg) stalled.near.leg();
        int sent = 0;
        CompletableFuture<Void> stuck;
        do {
            stuck = sender.send(Fragment.binary(ByteBuffer.allocate(10_000))).toCompletableFuture();
            sent += 10_000;
            try {
                stuck.get(1, TimeUnit.SECONDS);
            } catch (java.util.concurrent.TimeoutException e) {
                break;
            }
        } while (sent < 10_000_000);
        assertThat(sent).isBetween(StreamWindow.INITIAL, StreamWindow.INITIAL + 20_000);

        Pair other = pair(sessions);
        byte[] data = new byte[2_000_000];
        other.far.demandAlways();
        for (int at = 0; at < data.length; at += 10_000) {
            other.near.send(Fragment.binary(ByteBuffer.wrap(data, at, 10_000)));
        }
        await().until(() -> other.far.fragments().stream()
                        .mapToInt(each -> each.payload().remaining())
                        .sum()
                == data.length);

        stalled.far.demandAlways();
        get(stuck);
    }

    @Test
    void tinyFragments_thatAreNotRead_shareMemory() throws Exception {
        Pair pair = pair();
        for (int i = 0; i < 2_000; i++) {
            pair.near.send(Fragment.binary(ByteBuffer.wrap(new byte[] {(byte) i})));
        }
        pair.near.send(Fragment.binary(ByteBuffer.allocate(0)));
        int got = 0;
        int fragments = 0;
        for (byte[] next = pair.far.nextBytes(); next.length > 0; next = pair.far.nextBytes()) {
            for (byte each : next) {
                assertThat(each).isEqualTo((byte) got++);
            }
            fragments++;
        }
        assertThat(got).isEqualTo(2_000);
        assertThat(fragments).isLessThan(10);
    }

    // Sessions

    @Test
    void oldDevice_getsABridgeForEachStream() throws Exception {
        MemoryDevice device = new MemoryDevice(incoming -> {
            if (incoming.requestData().equals("echo")) {
                echo(incoming);
            } else {
                incoming.reject(404, "unknown target");
            }
        });
        BridgeSessions sessions = sessions(device);

        assertEchoes(open(sessions, "echo"));
        assertEchoes(open(sessions, "echo"));
        assertThat(failure(sessions.leg("d", "other")).reason()).isEqualTo("404 unknown target");

        assertThat(device.asked).containsExactly(BridgeSessions.REQUEST_DATA, "echo", "echo", "other");
    }

    @Test
    void deviceThatAcceptsEverything_getsABridgeForEachStream() throws Exception {
        MemoryDevice device = new MemoryDevice(SessionTest::echo);
        BridgeSessions sessions = sessions(device);

        assertEchoes(open(sessions, "echo"));

        assertThat(device.asked).containsExactly(BridgeSessions.REQUEST_DATA, "echo");
    }

    @Test
    void sessionLost_beforeItHasBegun_isSoonTriedAgain() throws Exception {
        SessionHandler handler = handler(SessionTest::echo);
        AtomicBoolean lost = new AtomicBoolean();
        BridgeSessions sessions = sessions(new MemoryDevice(incoming -> {
            if (incoming.requestData().equals(BridgeSessions.REQUEST_DATA) && !lost.getAndSet(true)) {
                get(incoming.acceptLeg()).abort();
            } else {
                handler.handle(incoming);
            }
        }));

        assertEchoes(open(sessions, "echo"));
        assertThat(handler.sessions()).isZero();

        await().until(() -> {
            assertEchoes(open(sessions, "echo"));
            return handler.sessions() == 1;
        });
    }

    @Test
    void deviceThatSaysNothing_getsABridgeForEachStream() throws Exception {
        MemoryDevice device = new MemoryDevice(incoming -> {
            if (incoming.requestData().equals("echo")) {
                echo(incoming);
            } else {
                RecordingReceiver silent = new RecordingReceiver(get(incoming.acceptLeg())).open();
                silent.demandAlways();
            }
        });
        BridgeSessions sessions = closing(BridgeSessions.builder(device)
                .pingInterval(Duration.ofMillis(300))
                .build());

        assertEchoes(open(sessions, "echo"));
    }

    @Test
    void required_oldDevice_isAnError() {
        MemoryDevice device = new MemoryDevice(incoming -> incoming.reject(404, "unknown target"));
        BridgeSessions sessions =
                closing(BridgeSessions.builder(device).required(true).build());

        assertThat(failure(sessions.leg("d", "echo")).reason()).isEqualTo("404 unknown target");
        assertThat(device.asked).containsExactly(BridgeSessions.REQUEST_DATA);
    }

    @Test
    void rejection_afterTheBridgeWasAccepted_getsABridgeForEachStream() throws Exception {
        MemoryDevice device = new MemoryDevice(incoming -> {
            if (incoming.requestData().equals("echo")) {
                echo(incoming);
            } else {
                lateRejection(incoming);
            }
        });

        assertEchoes(open(sessions(device), "echo"));
        assertThat(device.asked).containsExactly(BridgeSessions.REQUEST_DATA, "echo");
    }

    @Test
    void required_rejectionAfterTheBridgeWasAccepted_isAnError() {
        MemoryDevice device = new MemoryDevice(SessionTest::lateRejection);
        BridgeSessions sessions = closing(
                BridgeSessions.builder(device).required(true).maxStreams(1).build());

        CompletableFuture<BridgeLeg> opening = sessions.leg("d", "echo");
        CompletableFuture<BridgeLeg> waiting = sessions.leg("d", "echo");

        assertThat(failure(opening)).isEqualTo(new CloseReason(CloseReason.REJECTED, "404 unknown target"));
        assertThat(failure(waiting).reason()).isEqualTo("404 unknown target");
        assertThat(device.asked).hasSizeLessThanOrEqualTo(2);
    }

    @Test
    void dialerThatThrows_failsTheStream() {
        BridgeSessions sessions = closing(BridgeSessions.over((id, data) -> {
            throw new IllegalStateException("closed");
        }));

        assertThat(sessions.leg("d", "x")).isCompletedExceptionally();
        assertThat(sessions.leg("d", "x")).isCompletedExceptionally();
    }

    @Test
    void bridge_toADeviceWithSessions_isPassedOn() throws Exception {
        MemoryDevice device = new MemoryDevice(handler(SessionTest::echo));

        assertEchoes(BridgeChannel.over(get(device.leg("d", "echo"))));
    }

    @Test
    void goAway_newStreamsGetAnotherSession() throws Exception {
        SessionHandler first = handler(SessionTest::echo);
        SessionHandler second = handler(SessionTest::echo);
        List<BridgeDevice.Handler> takers = new ArrayList<>(List.of(first, second));
        MemoryDevice device = new MemoryDevice(incoming -> takers.remove(0).handle(incoming));
        BridgeSessions sessions = sessions(device);
        BridgeChannel old = open(sessions, "echo");

        first.goAway();
        await().until(() -> sessions.session("d").open() == 0);
        assertEchoes(open(sessions, "echo"));

        assertEchoes(old);
        assertThat(device.asked).hasSize(2);
        assertThat(second.sessions()).isEqualTo(1);
    }

    @Test
    void sessionEnds_beforeTheAnswer_isTriedAgain() throws Exception {
        MemoryDevice device = new MemoryDevice(handler(arrived::add));
        BridgeSessions sessions = sessions(device);
        CompletableFuture<BridgeLeg> asked = sessions.leg("d", "x");
        next();

        device.devicesEnds.get(0).abort();
        next().acceptLeg();

        get(asked);
        assertThat(device.asked).containsExactly(BridgeSessions.REQUEST_DATA, BridgeSessions.REQUEST_DATA);
    }

    @Test
    void moreStreamsThanASessionCarries_beginAnother_thenWait() throws Exception {
        SessionHandler handler =
                SessionHandler.builder(SessionTest::echo).maxStreams(3).build();
        MemoryDevice device = new MemoryDevice(handler);
        BridgeSessions sessions = closing(
                BridgeSessions.builder(device).maxStreams(3).maxSessions(2).build());
        List<BridgeChannel> channels = new ArrayList<>();
        channels.add(open(sessions, "echo"));
        await().until(() -> handler.sessions() == 1);
        for (int i = 0; i < 5; i++) {
            channels.add(open(sessions, "echo"));
        }
        assertThat(handler.sessions()).isEqualTo(2);

        CompletableFuture<BridgeChannel> waits = sessions.session("d").open("echo");
        assertThatThrownBy(() -> waits.get(100, TimeUnit.MILLISECONDS))
                .isInstanceOf(java.util.concurrent.TimeoutException.class);
        channels.get(3).close();

        assertEchoes(get(waits));
        for (BridgeChannel channel : channels) {
            channel.close();
        }
    }

    @Test
    void maxStreams_countsBeforeTheDeviceHasSaidHowManyThereMayBe() throws Exception {
        MemoryDevice device = new MemoryDevice(handler(arrived::add));
        BridgeSessions sessions =
                closing(BridgeSessions.builder(device).maxStreams(3).build());
        for (int i = 0; i < 6; i++) {
            sessions.leg("d", "x");
        }
        for (int i = 0; i < 6; i++) {
            next();
        }
        assertThat(device.asked).hasSize(2);
    }

    @Test
    void idleSession_ends() throws Exception {
        SessionHandler handler = handler(SessionTest::echo);
        BridgeSessions sessions = closing(BridgeSessions.builder(new MemoryDevice(handler))
                .idleTimeout(Duration.ofMillis(100))
                .pingInterval(Duration.ofMillis(100))
                .build());
        BridgeChannel channel = open(sessions, "echo");
        assertThat(handler.sessions()).isEqualTo(1);

        channel.close();

        await().until(() -> handler.sessions() == 0 && sessions.session("d").open() == 0);
    }

    @Test
    void close_endsStreamsAndWishes() throws Exception {
        BridgeSessions sessions = sessions(new MemoryDevice(handler(arrived::add)));
        Pair pair = pair(sessions);
        CompletableFuture<BridgeLeg> asked = sessions.leg("d", "x");
        next();

        sessions.close();

        assertThat(pair.near.awaitClosed().code()).isEqualTo(CloseReason.GOING_AWAY);
        assertThat(pair.far.awaitClosed().code()).isEqualTo(CloseReason.GOING_AWAY);
        assertThat(failure(asked).code()).isEqualTo(CloseReason.GOING_AWAY);
        assertThat(failure(sessions.leg("d", "x")).code()).isEqualTo(CloseReason.GOING_AWAY);
    }

    @Test
    void close_endsStreamsOfASessionThatTakesNoMore() throws Exception {
        SessionHandler handler = handler(arrived::add);
        BridgeSessions sessions = sessions(new MemoryDevice(handler));
        Pair pair = pair(sessions);
        handler.goAway();
        await().until(() -> sessions.session("d").open() == 0);

        sessions.close();

        assertThat(pair.far.awaitClosed().code()).isEqualTo(CloseReason.GOING_AWAY);
    }

    @Test
    void bridgeFails_streamsFailLikewise() {
        BridgeSessions sessions = closing(BridgeSessions.over((id, data) -> CompletableFuture.failedFuture(
                new BridgeException(new CloseReason(CloseReason.UNREACHABLE, "not there")))));

        assertThat(failure(sessions.leg("d", "x"))).isEqualTo(new CloseReason(CloseReason.UNREACHABLE, "not there"));
    }

    // What the tests are made of

    private record Pair(RecordingReceiver near, RecordingReceiver far) {
        void check() {
            assertThat(near.violations()).isEmpty();
            assertThat(far.violations()).isEmpty();
        }
    }

    private Pair pair() throws Exception {
        return pair(sessions(new MemoryDevice(handler(arrived::add))));
    }

    private Pair pair(BridgeSessions sessions) throws Exception {
        CompletableFuture<BridgeLeg> asked = sessions.leg("d", "pair");
        BridgeLeg far = get(next().acceptLeg());
        return new Pair(new RecordingReceiver(get(asked)).open(), new RecordingReceiver(far).open());
    }

    private SessionHandler handler(BridgeDevice.Handler streams) {
        SessionHandler handler = SessionHandler.over(streams);
        closed.add(handler);
        return handler;
    }

    private BridgeSessions sessions(MemoryDevice device) {
        return closing(BridgeSessions.over(device));
    }

    private BridgeSessions closing(BridgeSessions sessions) {
        closed.add(sessions);
        return sessions;
    }

    private IncomingBridge next() throws InterruptedException {
        IncomingBridge incoming = arrived.poll(SECONDS, TimeUnit.SECONDS);
        assertThat(incoming).isNotNull();
        return incoming;
    }

    private static BridgeChannel open(BridgeSessions sessions, String target) throws Exception {
        return get(sessions.session("d").open(target));
    }

    private static void assertEchoes(BridgeChannel channel) throws IOException {
        channel.write(ByteBuffer.wrap("hello".getBytes(StandardCharsets.UTF_8)));
        channel.shutdownOutput();
        assertThat(new String(channel.inputStream().readAllBytes(), StandardCharsets.UTF_8))
                .isEqualTo("hello");
    }

    /** As inside TLS, where the bridge is accepted first. */
    private static void lateRejection(IncomingBridge incoming) throws Exception {
        BridgeLeg leg = get(incoming.acceptLeg());
        new RecordingReceiver(leg).open();
        leg.close(CloseReason.rejected(new Rejection(404, "unknown target")));
    }

    private static void echo(IncomingBridge incoming) throws Exception {
        try (BridgeChannel channel = incoming.accept().get()) {
            InputStream in = channel.inputStream();
            OutputStream out = channel.outputStream();
            in.transferTo(out);
        }
    }

    private static <T> T get(CompletableFuture<T> future) throws Exception {
        return future.get(SECONDS, TimeUnit.SECONDS);
    }

    private static CloseReason failure(CompletableFuture<?> future) {
        try {
            future.get(SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            assertThat(e.getCause()).isInstanceOf(BridgeException.class);
            return ((BridgeException) e.getCause()).closeReason();
        } catch (Exception e) {
            throw new AssertionError(e instanceof CancellationException ? "cancelled" : "no failure in time", e);
        }
        throw new AssertionError("it did not fail");
    }
}
