package io.github.wsbridge.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.Fragment.Kind;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.spi.Peer;
import io.github.wsbridge.spi.StreamTransport;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * The contract of {@link StreamTransport} and its legs. It is that of {@link LegContract}, without what a byte stream
 * lacks: message types and boundaries, close codes and reasons, pings that reach the peer, subprotocols, and the
 * deadline of a close.
 */
@Execution(ExecutionMode.CONCURRENT)
public abstract class StreamTransportContract extends LegFixture {

    /**
     * More bytes than the kernel takes in for a peer that reads only one buffer ahead. Its window grows already with
     * that, to well over a megabyte; and a reset after all data and the FIN would come too late.
     */
    private static final int MORE_THAN_A_WINDOW = 8_000_000;

    static final StreamTransport.Limits PLENTY = new StreamTransport.Limits(50, 50);

    private final List<StreamTransport.Listening> listeners = new ArrayList<>();
    private final BlockingQueue<Leg> accepted = new LinkedBlockingQueue<>();
    private final BlockingQueue<Peer> clients = new LinkedBlockingQueue<>();

    /** Creates the suite. */
    protected StreamTransportContract() {}

    /** Returns the transport under test, the same throughout a test. */
    protected abstract StreamTransport transport();

    /** Returns a free address to listen on; by default, a port of the loopback address. */
    protected SocketAddress address() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    }

    private void accepted(Leg leg, Peer client) {
        clients.add(client);
        accepted.add(leg);
    }

    /** Returns whether the peer of a leg that was aborted sees a reset. Unix sockets have no resets. */
    protected boolean signalsResets() {
        return true;
    }

    final StreamTransport.Listening listen(StreamTransport.Limits limits) throws IOException {
        StreamTransport.Listening listening = transport().listen(address(), limits, this::accepted);
        listeners.add(listening);
        return listening;
    }

    private Leg dial(StreamTransport.Listening listening) throws Exception {
        return dial(listening.address());
    }

    final Leg dial(SocketAddress address) throws Exception {
        return transport()
                .dial(address, patience())
                .toCompletableFuture()
                .get(2 * patience().toMillis(), MILLISECONDS);
    }

    final Leg accept() throws InterruptedException {
        Leg leg = accepted.poll(patience().toMillis(), MILLISECONDS);
        assertThat(leg).as("a connection in time").isNotNull();
        return leg;
    }

    @Override
    protected final LegPair connect(String subprotocol) throws Exception {
        StreamTransport.Listening listening = listen(PLENTY);
        return new LegPair(dial(listening), accept());
    }

    @Override
    protected void stopTransport() throws Exception {
        listeners.forEach(StreamTransport.Listening::close);
    }

    @Override
    protected int underWay() {
        return 64 << 20; // a stream's buffers in the kernel may be large
    }

    /** Returns the received data as a stream. */
    static byte[] stream(RecordingReceiver end) {
        ByteArrayOutputStream stream = new ByteArrayOutputStream();
        for (Fragment fragment : end.fragments()) {
            assertThat(fragment.kind()).isEqualTo(Kind.BINARY);
            byte[] bytes = new byte[fragment.payload().remaining()];
            fragment.payload().duplicate().get(bytes);
            stream.writeBytes(bytes);
        }
        return stream.toByteArray();
    }

    final void awaitStream(RecordingReceiver end, byte[] expected) {
        await().atMost(patience()).until(() -> stream(end).length >= expected.length);
        assertThat(stream(end)).isEqualTo(expected);
    }

    /** Returns whether the other end has ended its direction. */
    private static boolean ended(RecordingReceiver end) {
        List<Fragment> all = end.fragments();
        return !all.isEmpty() && !all.get(all.size() - 1).payload().hasRemaining();
    }

    final void awaitEnded(RecordingReceiver end) {
        await().atMost(patience()).until(() -> ended(end));
    }

    final void finish(RecordingReceiver from) throws Exception {
        send(from, Fragment.binary(ByteBuffer.allocate(0)));
    }

    @Test
    void subprotocol_isNone() throws Exception {
        LegPair pair = unopened("");
        assertThat(pair.near().subprotocol()).isEmpty();
        assertThat(pair.far().subprotocol()).isEmpty();
    }

    @Test
    void send_anyKindAndSize_arrivesAsBytes() throws Exception {
        bothWays((from, to) -> {
            ByteArrayOutputStream sent = new ByteArrayOutputStream();
            to.demandAlways();
            for (int size : new int[] {1, 2, 125, 126, 16_384, 65_536, 1_000_000, 3}) {
                byte[] bytes = bytes(size, size);
                sent.writeBytes(bytes);
                send(from, Fragment.binary(ByteBuffer.wrap(bytes)));
            }
            for (Fragment piece : List.of(
                    Fragment.text("Grüße"),
                    Fragment.text(""),
                    new Fragment(Kind.BINARY, UTF_8.encode("in "), false),
                    new Fragment(Kind.BINARY, ByteBuffer.allocate(0), false),
                    new Fragment(Kind.BINARY, UTF_8.encode("pieces"), false),
                    new Fragment(Kind.BINARY, ByteBuffer.allocate(0), true))) {
                sent.writeBytes(
                        UTF_8.decode(piece.payload().duplicate()).toString().getBytes(UTF_8));
                send(from, piece);
            }
            awaitStream(to, sent.toByteArray());
            assertThat(ended(to)).isFalse();
        });
    }

    @Test
    void send_anyKindOfBuffer_isConsumed() throws Exception {
        bothWays((from, to) -> {
            byte[] content = bytes(300, 5);
            ByteBuffer direct = ByteBuffer.allocateDirect(400).position(50);
            direct.put(content).flip().position(50);
            List<ByteBuffer> buffers =
                    List.of(direct, ByteBuffer.wrap(content.clone()).asReadOnlyBuffer(), direct.asReadOnlyBuffer());
            to.demandAlways();
            for (ByteBuffer buffer : buffers) {
                send(from, Fragment.binary(buffer));
                assertThat(buffer.hasRemaining()).as("left over in " + buffer).isFalse();
            }
            await().atMost(patience()).until(() -> stream(to).length == 900);
        });
    }

    @Test
    void send_bothWaysAtOnce_arrivesInOrder() throws Exception {
        Ends ends = opened();
        ends.near().demandAlways();
        ends.far().demandAlways();
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        List<Fragment> messages = new ArrayList<>();
        for (int i = 0; i < 2000; i++) {
            byte[] bytes = bytes(1 + i * 37 % 9000, i);
            all.writeBytes(bytes);
            messages.add(Fragment.binary(ByteBuffer.wrap(bytes)));
        }
        CompletableFuture<Void> there = CompletableFuture.runAsync(() -> sendAll(ends.near(), messages));
        sendAll(ends.far(), messages);
        there.get(3 * patience().toMillis(), MILLISECONDS);
        awaitStream(ends.near(), all.toByteArray());
        awaitStream(ends.far(), all.toByteArray());
    }

    private void sendAll(RecordingReceiver from, List<Fragment> messages) {
        try {
            send(from, messages);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void demand_none_deliversNothing_oneDeliversOne() throws Exception {
        bothWays((from, to) -> {
            send(from, Fragment.text("early"));
            staysAt(0, to);
            to.demand();
            to.awaitFragments(1, patience());
            send(from, Fragment.text("later"));
            finish(from);
            staysAt(1, to);
            to.demandAlways();
            awaitEnded(to);
            awaitStream(to, "earlylater".getBytes(UTF_8));
        });
    }

    @Test
    void slowReader_makesTheSenderWait_andReceivesEverything() throws Exception {
        bothWays((from, to) -> {
            Flood flood = flood(from);
            to.demandAlways();
            flood.waiting().get(patience().toMillis(), MILLISECONDS);
            ByteArrayOutputStream all = new ByteArrayOutputStream();
            for (Fragment fragment : flood.sent()) {
                byte[] bytes = new byte[fragment.payload().remaining()];
                fragment.payload().get(bytes);
                all.writeBytes(bytes);
            }
            awaitStream(to, all.toByteArray());
        });
    }

    @Test
    void emptyBinaryMessage_endsItsDirection_theOtherContinues() throws Exception {
        bothWays((from, to) -> {
            from.demandAlways();
            to.demandAlways();
            send(from, Fragment.text("the last"));
            finish(from);
            awaitEnded(to);
            awaitStream(to, "the last".getBytes(UTF_8));
            send(from, Fragment.text("against the rules"));
            send(to, Fragment.text("the other way"));
            awaitStream(from, "the other way".getBytes(UTF_8));
            assertThat(to.closed()).isNull();
            assertThat(from.closed()).isNull();
            assertThat(stream(to)).isEqualTo("the last".getBytes(UTF_8));
            finish(to);
            awaitEnded(from);
            assertThat(awaitClosedSoon(from)).isEqualTo(CloseReason.normal());
            assertThat(awaitClosedSoon(to)).isEqualTo(CloseReason.normal());
        });
    }

    @Test
    void bothDirectionsEnded_unreadData_isReadFirst() throws Exception {
        bothWays((from, to) -> {
            from.demandAlways();
            send(from, Fragment.text("unread"));
            finish(from);
            finish(to);
            awaitEnded(from);
            staysAt(0, to);
            assertThat(to.closed()).isNull();
            to.demandAlways();
            assertThat(awaitClosedSoon(to)).isEqualTo(CloseReason.normal());
            assertThat(stream(to)).isEqualTo("unread".getBytes(UTF_8));
            awaitClosedSoon(from);
        });
    }

    @Test
    void close_normal_endsAfterTheData() throws Exception {
        for (CloseReason reason : List.of(CloseReason.normal(), new CloseReason(CloseReason.NO_STATUS, ""))) {
            bothWays((from, to) -> {
                from.demandAlways();
                to.demandAlways();
                byte[] much = bytes(3_000_000, 7);
                for (int at = 0; at < much.length; at += 100_000) {
                    send(from, Fragment.binary(ByteBuffer.wrap(much, at, 100_000)));
                }
                from.leg().close(reason);
                failsToSend(from);
                awaitEnded(to);
                awaitStream(to, much);
                assertThat(to.closed()).isNull();
                finish(to);
                assertThat(awaitClosedSoon(to)).isEqualTo(CloseReason.normal());
                awaitClosedSoon(from);
            });
        }
    }

    @Test
    void close_normal_doesNotWaitForeverForTheOtherDirection() throws Exception {
        Ends ends = opened();
        ends.near().demandAlways();
        ends.far().demandAlways();
        ends.near().leg().close(CloseReason.normal());
        assertThat(awaitClosedSoon(ends.near())).isEqualTo(CloseReason.normal());
    }

    @Test
    void close_withAnyOtherCode_isAReset() throws Exception {
        assumeTrue(signalsResets(), "the transport has no resets");
        for (int code : new int[] {1001, CloseReason.VANISHED, 4321}) {
            bothWays((from, to) -> {
                from.demand();
                to.demand();
                from.leg().close(new CloseReason(code, "no good"));
                assertThat(awaitClosedSoon(from)).isEqualTo(new CloseReason(code, "no good"));
                assertThat(awaitClosedSoon(to).code()).isEqualTo(CloseReason.VANISHED);
                failsToSend(from);
                failsToSend(to);
            });
        }
    }

    @Test
    void close_withAnyOtherCode_afterItsHalfClose_isAReset() throws Exception {
        assumeTrue(signalsResets(), "the transport has no resets");
        bothWays((from, to) -> {
            from.demandAlways();
            from.leg().send(Fragment.binary(ByteBuffer.allocate(MORE_THAN_A_WINDOW)));
            from.leg().send(Fragment.binary(ByteBuffer.allocate(0)));
            staysAt(0, to);
            from.leg().close(new CloseReason(4321, "no good"));
            assertThat(awaitClosedSoon(from).code()).isEqualTo(4321);
            to.demandAlways();
            assertThat(awaitClosedSoon(to).code()).isEqualTo(CloseReason.VANISHED);
            assertThat(ended(to)).isFalse();
        });
    }

    @Test
    void close_afterBothDirectionsEnded_losesNothing() throws Exception {
        bothWays((from, to) -> {
            from.demandAlways();
            finish(to);
            awaitEnded(from);
            byte[] much = bytes(1_000_000, 3);
            from.leg().send(Fragment.binary(ByteBuffer.wrap(much)));
            from.leg().send(Fragment.binary(ByteBuffer.allocate(0)));
            from.leg().close(CloseReason.vanished("after all data"));
            to.demandAlways();
            awaitEnded(to);
            assertThat(stream(to)).isEqualTo(much);
            assertThat(awaitClosedSoon(to)).isEqualTo(CloseReason.normal());
            awaitClosedSoon(from);
        });
    }

    @Test
    void abort_isSeenAsVanishedByBothEnds() throws Exception {
        assumeTrue(signalsResets(), "the transport has no resets");
        for (boolean demand : new boolean[] {true, false}) {
            bothWays((from, to) -> {
                if (demand) {
                    from.demand();
                    to.demand();
                }
                from.leg().abort();
                assertThat(awaitClosedSoon(from).code()).isEqualTo(CloseReason.VANISHED);
                if (demand || noticesEndWithoutDemand()) {
                    assertThat(awaitClosedSoon(to).code()).isEqualTo(CloseReason.VANISHED);
                    failsToSend(to);
                }
                failsToSend(from);
            });
        }
    }

    @Test
    void abort_whileASendWaits_failsIt() throws Exception {
        bothWays((from, to) -> {
            Flood flood = flood(from);
            from.leg().abort();
            assertThat(awaitClosedSoon(from).code()).isEqualTo(CloseReason.VANISHED);
            assertThatThrownBy(() -> flood.waiting().get(patience().toMillis(), MILLISECONDS))
                    .isInstanceOf(ExecutionException.class)
                    .hasCauseInstanceOf(IOException.class);
        });
    }

    @Test
    void abort_whileThePeerHasUnreadData_isSeenByIt() throws Exception {
        assumeTrue(signalsResets(), "the transport has no resets");
        bothWays((from, to) -> {
            flood(from);
            from.leg().abort();
            to.demandAlways();
            assertThat(awaitClosed(to).code()).isEqualTo(CloseReason.VANISHED);
        });
    }

    @Test
    void open_afterThePeerHasAborted_reportsIt() throws Exception {
        assumeTrue(signalsResets(), "the transport has no resets");
        LegPair pair = unopened("");
        RecordingReceiver far = listen(pair.far());
        far.leg().abort();
        awaitClosedSoon(far);
        RecordingReceiver near = listen(pair.near());
        near.demand();
        assertThat(awaitClosedSoon(near).code()).isEqualTo(CloseReason.VANISHED);
    }

    @Test
    void open_afterThePeerHasEnded_reportsIt() throws Exception {
        LegPair pair = unopened("");
        RecordingReceiver far = listen(pair.far());
        far.demandAlways();
        send(far, Fragment.text("short visit"));
        finish(far);
        RecordingReceiver near = listen(pair.near());
        near.demandAlways();
        awaitEnded(near);
        assertThat(stream(near)).isEqualTo("short visit".getBytes(UTF_8));
        finish(near);
        assertThat(awaitClosedSoon(near)).isEqualTo(CloseReason.normal());
    }

    @Test
    void anyCall_afterTheEnd_isHarmless() throws Exception {
        bothWays((from, to) -> {
            from.demandAlways();
            to.demandAlways();
            finish(from);
            finish(to);
            awaitClosedSoon(from);
            awaitClosedSoon(to);
            for (RecordingReceiver end : List.of(from, to)) {
                end.leg().ping();
                end.leg().heartbeat(Duration.ofSeconds(1));
                end.leg().close(CloseReason.normal());
                end.leg().abort();
                end.leg().demand();
                failsToSend(end);
            }
        });
    }

    @Test
    void ping_isAnswered_withOrWithoutDemand_whileTheConnectionExists() throws Exception {
        bothWays((from, to) -> {
            from.leg().ping();
            from.awaitPongs(1, patience());
            from.demand();
            from.leg().ping();
            from.awaitPongs(2, patience());
            send(to, Fragment.text("unread"));
            from.awaitFragments(1, patience());
            finish(from);
            from.leg().ping();
            from.awaitPongs(3, patience());
            assertThat(from.count()).isEqualTo(1);
            assertThat(to.pongs()).isZero();
            from.leg().abort();
            awaitClosedSoon(from);
            from.leg().ping();
            assertThat(from.violations()).isEmpty();
        });
    }

    @Test
    void accepted_tellsTheClientsAddress() throws Exception {
        StreamTransport.Listening listening = listen(PLENTY);
        assumeTrue(listening.address() instanceof InetSocketAddress);
        try (Socket socket = new Socket()) {
            socket.connect(listening.address());
            accept();
            Peer client = new Peer(socket.getLocalAddress().getHostAddress() + ":" + socket.getLocalPort());
            await().atMost(patience()).until(() -> clients.contains(client));
        }
    }

    @Test
    void dial_connectionRefused_fails() throws Exception {
        SocketAddress nobody;
        try (ServerSocket gone = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            nobody = gone.getLocalSocketAddress();
        }
        assertThatThrownBy(() -> transport()
                        .dial(nobody, Duration.ofSeconds(5))
                        .toCompletableFuture()
                        .get(patience().toMillis(), MILLISECONDS))
                .isInstanceOf(ExecutionException.class)
                .hasCauseInstanceOf(IOException.class);
    }

    @Test
    void listen_portInUse_fails() throws Exception {
        BiConsumer<Leg, Peer> refusing = (leg, client) -> leg.abort(); // whoever checks whether the first one is alive
        try (StreamTransport.Listening first = transport().listen(address(), PLENTY, refusing)) {
            assertThatThrownBy(() -> transport().listen(first.address(), PLENTY, refusing))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("in use");
        }
    }

    @Test
    void listen_unresolvedAddress_fails() {
        assertThatThrownBy(() -> transport()
                        .listen(InetSocketAddress.createUnresolved("host.invalid", 0), PLENTY, this::accepted))
                .isInstanceOf(IOException.class);
    }

    @Test
    void listen_acceptsUpToItsLimit_furtherOnesLater() throws Exception {
        StreamTransport.Listening listening = listen(new StreamTransport.Limits(50, 2));
        List<RecordingReceiver> dialled = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            dialled.add(listen(dial(listening)));
        }
        RecordingReceiver first = listen(accept());
        RecordingReceiver second = listen(accept());
        await().during(Duration.ofMillis(200)).until(accepted::isEmpty);
        first.leg().abort();
        listen(accept());
        await().during(Duration.ofMillis(200)).until(accepted::isEmpty);
        second.leg().abort();
        listen(accept());
    }

    @Test
    void closeOfAListener_leavesItsLegs() throws Exception {
        StreamTransport.Listening listening = listen(PLENTY);
        RecordingReceiver near = listen(dial(listening));
        RecordingReceiver far = listen(accept());
        listening.close();
        listening.close();
        send(near, Fragment.text("still here"));
        far.demand();
        awaitStream(far, "still here".getBytes(UTF_8));
        await().atMost(patience())
                .untilAsserted(() -> assertThatThrownBy(() -> dial(listening)).isInstanceOf(ExecutionException.class));
    }

    final void failsToSend(RecordingReceiver from) {
        assertThatThrownBy(() -> from.leg()
                        .send(Fragment.text("too late"))
                        .toCompletableFuture()
                        .get(patience().toMillis(), MILLISECONDS))
                .isInstanceOf(ExecutionException.class)
                .hasCauseInstanceOf(IOException.class);
    }
}
