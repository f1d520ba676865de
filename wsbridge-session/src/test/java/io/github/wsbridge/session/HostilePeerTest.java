package io.github.wsbridge.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.github.wsbridge.BridgeException;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.client.BridgeLeg;
import io.github.wsbridge.client.IncomingBridge;
import io.github.wsbridge.client.TunnelTargets;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.spi.Peer;
import io.github.wsbridge.spi.StreamTransport;
import io.github.wsbridge.testkit.RecordingReceiver;
import java.io.ByteArrayOutputStream;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Peers that do what HTTP/2 permits, or does not, to keep the other end busy. */
@Timeout(60)
class HostilePeerTest {

    private static final int HEADERS = 1;
    private static final int RST_STREAM = 3;
    private static final int SETTINGS = 4;
    private static final int WINDOW_UPDATE = 8;
    private static final int END_HEADERS = 4;
    private static final byte STATUS_200 = (byte) 0x88;
    private static final byte STATUS_404 = (byte) 0x8d;

    private final BlockingQueue<IncomingBridge> arrived = new LinkedBlockingQueue<>();
    private final List<AutoCloseable> closed = new ArrayList<>();

    @AfterEach
    void down() throws Exception {
        for (AutoCloseable each : closed) {
            each.close();
        }
    }

    // Requesters

    @Test
    void streamsThatWereReset_countUntilTheirHandlersHaveAnswered() throws Exception {
        BridgeSessions sessions = sessionsWithTwoStreams();
        List<IncomingBridge> unanswered = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            CompletableFuture<BridgeLeg> asked = sessions.leg("d", "x");
            IncomingBridge incoming = next();
            unanswered.add(incoming);
            asked.cancel(true);
            incoming.lapsed().toCompletableFuture().get(30, TimeUnit.SECONDS);
        }
        long begun = System.nanoTime();
        failsWith(() -> get(sessions.leg("d", "x")), CloseReason.OVER_LIMIT);
        assertThat(System.nanoTime() - begun)
                .as("after the pauses between the attempts")
                .isGreaterThan(TimeUnit.MILLISECONDS.toNanos(300));
        assertThat(arrived).isEmpty();

        assertThat(unanswered.get(0).reject(404, "too late")).isFalse();
        assertThat(unanswered.get(1).acceptLeg()).isCompletedExceptionally();
        CompletableFuture<BridgeLeg> asked = sessions.leg("d", "x");
        next().acceptLeg();
        get(asked);
    }

    @Test
    void streamsThatWereReset_countUntilTheirDataIsReadOrGivenUp() throws Exception {
        BridgeSessions sessions = sessionsWithTwoStreams();
        List<RecordingReceiver> readers = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            CompletableFuture<BridgeLeg> asked = sessions.leg("d", "x");
            readers.add(new RecordingReceiver(get(next().acceptLeg())).open());
            RecordingReceiver near = new RecordingReceiver(get(asked)).open();
            near.send(Fragment.text("is not read"));
            near.leg().close(new CloseReason(4999, ""));
            near.awaitClosed();
        }
        failsWith(() -> get(sessions.leg("d", "x")), CloseReason.OVER_LIMIT);

        assertThat(readers.get(0).nextText()).isEqualTo("is not read");
        readers.get(0).awaitClosed();
        readers.get(1).leg().abort();
        readers.get(1).awaitClosed();
        for (int i = 0; i < 2; i++) {
            CompletableFuture<BridgeLeg> asked = sessions.leg("d", "x");
            next().acceptLeg();
            get(asked);
        }
    }

    @Test
    void streamsThatWereReset_beforeTheirTargetWasReached_costNothing() throws Exception {
        BlockingQueue<CompletableFuture<Leg>> dialled = new LinkedBlockingQueue<>();
        StreamTransport nowhere = new StreamTransport() {
            @Override
            public CompletionStage<Leg> dial(SocketAddress address, Duration timeout) {
                CompletableFuture<Leg> dialling = new CompletableFuture<>();
                dialled.add(dialling);
                return dialling;
            }

            @Override
            public Listening listen(SocketAddress address, Limits limits, BiConsumer<Leg, Peer> accepted) {
                throw new UnsupportedOperationException();
            }
        };
        TunnelTargets targets =
                TunnelTargets.builder().target("x=127.0.0.1:9").streams(nowhere).build();
        SessionHandler handler = SessionHandler.builder(targets).maxStreams(1).build();
        closed.add(handler);
        BridgeSessions sessions = sessions(new MemoryDevice(handler));
        for (int i = 0; i < 5; i++) {
            CompletableFuture<BridgeLeg> asked = sessions.leg("d", "x");
            CompletableFuture<Leg> dialling = dialled.poll(30, TimeUnit.SECONDS);
            assertThat(dialling).isNotNull();
            asked.cancel(true);
            await().until(dialling::isCancelled);
        }
    }

    // Devices

    @Test
    void noWithoutAnEnd_isGivenUp() throws Exception {
        List<RecordingReceiver> ends = new CopyOnWriteArrayList<>();
        BridgeSessions sessions = closing(BridgeSessions.builder(
                        deviceThatSays(ends, frame(SETTINGS, 0, 0), frame(HEADERS, END_HEADERS, 3, STATUS_200)))
                .openTimeout(Duration.ofSeconds(2))
                .build());
        get(sessions.leg("d", "x"));
        await().until(() -> !ends.isEmpty());

        CompletableFuture<BridgeLeg> asked = sessions.leg("d", "x");
        await().until(() -> streams(HEADERS, ends.get(0)).contains(5));
        ends.get(0).send(Fragment.binary(frame(HEADERS, END_HEADERS, 5, STATUS_404)));

        failsWith(() -> get(asked), CloseReason.TIMED_OUT);
    }

    @Test
    void streamsOfADevice_areRefused() throws Exception {
        List<RecordingReceiver> ends = new CopyOnWriteArrayList<>();
        MemoryDevice device = deviceThatSays(ends, frame(SETTINGS, 0, 0), frame(HEADERS, END_HEADERS, 2, STATUS_200));
        sessions(device).leg("d", "x");

        await().until(() -> !ends.isEmpty());
        await().untilAsserted(() -> assertThat(streams(RST_STREAM, ends.get(0))).contains(2));
    }

    @Test
    void ping_withoutAnAnswerWhileOtherThingsArrive_isLateOnly() throws Exception {
        List<RecordingReceiver> ends = new CopyOnWriteArrayList<>();
        MemoryDevice device = deviceThatSays(ends, frame(SETTINGS, 0, 0));
        BridgeSessions sessions = closing(BridgeSessions.builder(device)
                .pingInterval(Duration.ofMillis(500))
                .build());
        sessions.leg("d", "x");
        await().until(() -> sessions.session("d").open() == 1 && !ends.isEmpty());
        keepSending(ends.get(0).leg());

        await().during(Duration.ofSeconds(2)).until(() -> sessions.session("d").open() == 1);
    }

    private static void keepSending(Leg leg) {
        leg.send(Fragment.binary(frame(WINDOW_UPDATE, 0, 0, 0, 0, 0, 1)))
                .thenRunAsync(() -> keepSending(leg), CompletableFuture.delayedExecutor(20, TimeUnit.MILLISECONDS));
    }

    // What the tests are made of

    private static ByteBuffer frame(int type, int flags, int stream, int... payload) {
        ByteBuffer frame = ByteBuffer.allocate(9 + payload.length)
                .put((byte) 0)
                .putShort((short) payload.length)
                .put((byte) type)
                .put((byte) flags)
                .putInt(stream);
        for (int each : payload) {
            frame.put((byte) each);
        }
        return frame.flip();
    }

    /** Returns the streams for which a frame has arrived. */
    private static List<Integer> streams(int type, RecordingReceiver end) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (Fragment fragment : end.fragments()) {
            byte[] bytes = new byte[fragment.payload().remaining()];
            fragment.payload().duplicate().get(bytes);
            all.writeBytes(bytes);
        }
        List<Integer> streams = new ArrayList<>();
        ByteBuffer frames = ByteBuffer.wrap(all.toByteArray());
        frames.position(Math.min(frames.limit(), "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".length()));
        while (frames.remaining() >= 9) {
            int length = frames.getInt(frames.position()) >>> 8;
            if (frames.get(frames.position() + 3) == type) {
                streams.add(frames.getInt(frames.position() + 5));
            }
            frames.position(Math.min(frames.limit(), frames.position() + 9 + length));
        }
        return streams;
    }

    /** Answers the first stream, whose number is known, after it has arrived. */
    private static MemoryDevice deviceThatSays(List<RecordingReceiver> ends, ByteBuffer... frames) {
        return new MemoryDevice(incoming -> {
            RecordingReceiver end = new RecordingReceiver(get(incoming.acceptLeg())).open();
            end.demandAlways();
            await().until(() -> end.fragments().stream()
                            .mapToInt(each -> each.payload().remaining())
                            .sum()
                    > 0);
            for (ByteBuffer frame : frames) {
                end.send(Fragment.binary(frame));
            }
            ends.add(end);
        });
    }

    private BridgeSessions sessionsWithTwoStreams() {
        SessionHandler handler =
                SessionHandler.builder(arrived::add).maxStreams(2).build();
        closed.add(handler);
        return sessions(new MemoryDevice(handler));
    }

    private BridgeSessions sessions(MemoryDevice device) {
        return closing(BridgeSessions.over(device));
    }

    private BridgeSessions closing(BridgeSessions sessions) {
        closed.add(sessions);
        return sessions;
    }

    private IncomingBridge next() throws InterruptedException {
        IncomingBridge incoming = arrived.poll(30, TimeUnit.SECONDS);
        assertThat(incoming).isNotNull();
        return incoming;
    }

    private static <T> T get(CompletableFuture<T> future) throws Exception {
        return future.get(30, TimeUnit.SECONDS);
    }

    private static void failsWith(ThrowingCallable call, int code) {
        assertThatThrownBy(call)
                .cause()
                .isInstanceOfSatisfying(
                        BridgeException.class,
                        e -> assertThat(e.closeReason().code()).isEqualTo(code));
    }
}
