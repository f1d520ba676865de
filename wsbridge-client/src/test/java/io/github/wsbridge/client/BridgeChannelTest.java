package io.github.wsbridge.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.github.wsbridge.BridgeException;
import io.github.wsbridge.BridgeId;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.Leg;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(30)
class BridgeChannelTest {

    private final PairLeg near = PairLeg.pair("");
    private final PairLeg far = near.peer();
    private final QueueReceiver farReceiver = new QueueReceiver();
    private BridgeChannel channel;
    private Thread worker;

    @BeforeEach
    void open() {
        GreetedLeg greeted = new GreetedLeg(near, new BridgeId(0, 7));
        near.open(greeted.receiver());
        far.open(farReceiver);
        channel = BridgeChannel.over(greeted);
    }

    private CompletionStage<Void> send(String text) {
        return far.send(Fragment.binary(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8))));
    }

    private String read(int room) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(room);
        int n = channel.read(buffer);
        return n < 0 ? "END" : new String(buffer.array(), 0, n, StandardCharsets.UTF_8);
    }

    /** Starts a call that is expected to block, and waits until it does. */
    private <T> FutureTask<T> blocked(Callable<T> call) {
        FutureTask<T> task = new FutureTask<>(call);
        worker = new Thread(task);
        worker.setDaemon(true);
        worker.start();
        await().pollInterval(Duration.ofMillis(5))
                .until(() ->
                        worker.getState() == Thread.State.WAITING || worker.getState() == Thread.State.TIMED_WAITING);
        return task;
    }

    private void farReadsAll() {
        QueueReceiver unused = farReceiver;
        Thread reader = new Thread(() -> {
            while (!unused.closed.isDone()) {
                try {
                    far.demand();
                    unused.fragment();
                } catch (Throwable e) {
                    return;
                }
            }
        });
        reader.setDaemon(true);
        reader.start();
    }

    @Test
    void read_returnsWhatIsAvailable_acrossFragments() throws Exception {
        send("abc");
        send("def");
        assertThat(read(2)).isEqualTo("ab");
        assertThat(read(3)).isEqualTo("cde");
        assertThat(read(10)).isEqualTo("f");
        assertThat(read(0)).isEmpty();
    }

    @Test
    void read_textMessage_returnsItsBytes() throws Exception {
        far.send(Fragment.text("é"));
        far.send(Fragment.text(""));
        send("x");
        assertThat(read(10)).isEqualTo("éx");
    }

    @Test
    void read_blocksUntilDataArrives() throws Exception {
        FutureTask<String> reading = blocked(() -> read(10));
        send("late");
        assertThat(reading.get()).isEqualTo("late");
    }

    @Test
    void demand_onlyWhileTheBufferHasRoom() throws Exception {
        List<CompletableFuture<Void>> sends = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            sends.add(send("0123456789").toCompletableFuture());
        }
        assertThat(sends).filteredOn(CompletableFuture::isDone).hasSize(Incoming.MAX_WAITING);
        assertThat(near.demands).hasValue(Incoming.MAX_WAITING);
        assertThat(channel.inputStream().available()).isEqualTo(10 * Incoming.MAX_WAITING);
        int total = 0;
        while (total < 200) {
            total += read(7).length();
        }
        assertThat(sends).allMatch(CompletableFuture::isDone);
    }

    @Test
    void demand_doesNotGrowTheStack() throws Exception {
        for (int i = 0; i < 50_000; i++) {
            far.send(new Fragment(Fragment.Kind.BINARY, ByteBuffer.allocate(0), false));
        }
        send("x");
        assertThat(read(1)).isEqualTo("x");
    }

    @Test
    void halfClose_endsReadingOnly() throws Exception {
        send("bye");
        far.send(Fragment.binary(ByteBuffer.allocate(0)));
        send("too late");
        assertThat(read(10)).isEqualTo("bye");
        assertThat(read(10)).isEqualTo("END");
        assertThat(read(10)).isEqualTo("END");
        farReadsAll();
        assertThat(channel.write(ByteBuffer.allocate(5))).isEqualTo(5);
        assertThat(channel.closeReason()).isNull();
        assertThat(near.closes).isEmpty();
    }

    @Test
    void halfClose_inFragments_isSeen() throws Exception {
        far.send(new Fragment(Fragment.Kind.BINARY, ByteBuffer.allocate(0), false));
        far.send(Fragment.binary(ByteBuffer.allocate(0)));
        assertThat(read(10)).isEqualTo("END");
    }

    @Test
    void emptyFragmentOfALongerMessage_isNoHalfClose() throws Exception {
        far.send(new Fragment(Fragment.Kind.BINARY, ByteBuffer.wrap(new byte[] {'a'}), false));
        far.send(Fragment.binary(ByteBuffer.allocate(0)));
        send("b");
        assertThat(read(1)).isEqualTo("a");
        assertThat(read(1)).isEqualTo("b");
    }

    @Test
    void shutdownOutput_sendsAnEmptyMessage_once() throws Exception {
        farReadsAll();
        channel.shutdownOutput();
        channel.shutdownOutput();
        send("still");
        assertThat(read(10)).isEqualTo("still");
        assertThatThrownBy(() -> channel.write(ByteBuffer.allocate(1))).isInstanceOf(ClosedChannelException.class);
        assertThat(channel.isOpen()).isTrue();
    }

    @Test
    void bothHalves_closeWith1000() throws Exception {
        farReadsAll();
        channel.shutdownOutput();
        assertThat(near.closes).isEmpty();
        far.send(Fragment.binary(ByteBuffer.allocate(0)));
        assertThat(near.closes.poll(10, TimeUnit.SECONDS)).isEqualTo(CloseReason.normal());
        assertThat(read(1)).isEqualTo("END");
        assertThat(channel.closed().toCompletableFuture().get(10, TimeUnit.SECONDS))
                .isEqualTo(CloseReason.normal());
    }

    @Test
    void write_isSplitIntoMessages() throws Exception {
        FutureTask<Integer> writing = blocked(() -> channel.write(ByteBuffer.allocate(40_000)));
        List<Integer> sizes = new ArrayList<>();
        for (int left = 40_000; left > 0; ) {
            far.demand();
            int size = farReceiver.fragment().payload().remaining();
            sizes.add(size);
            left -= size;
        }
        assertThat(writing.get()).isEqualTo(40_000);
        assertThat(sizes).hasSize(3).allMatch(size -> size <= 16 * 1024);
    }

    @Test
    void write_ofNothing_sendsNothing() throws Exception {
        assertThat(channel.write(ByteBuffer.allocate(0))).isZero();
        far.demand();
        assertThat(farReceiver.fragments).isEmpty();
        channel.close();
        assertThatThrownBy(() -> channel.write(ByteBuffer.allocate(0))).isInstanceOf(ClosedChannelException.class);
    }

    @ParameterizedTest
    @ValueSource(ints = {1000, 1005})
    void normalClose_isTheEnd_afterTheData(int code) throws Exception {
        send("data");
        far.close(new CloseReason(code, ""));
        assertThat(read(10)).isEqualTo("data");
        assertThat(read(10)).isEqualTo("END");
        channel.shutdownOutput();
        assertThatThrownBy(() -> channel.write(ByteBuffer.allocate(1)))
                .isInstanceOfSatisfying(
                        BridgeException.class,
                        e -> assertThat(e.closeReason().code()).isEqualTo(code));
        assertThat(channel.closeReason()).isEqualTo(new CloseReason(code, ""));
    }

    @ParameterizedTest
    @ValueSource(ints = {1001, 1011, 4000, 4503})
    void otherClose_isAFailure_afterTheData(int code) throws Exception {
        send("data");
        far.close(new CloseReason(code, "why"));
        assertThat(read(10)).isEqualTo("data");
        for (int i = 0; i < 2; i++) {
            assertThatThrownBy(() -> read(10))
                    .isInstanceOfSatisfying(
                            BridgeException.class,
                            e -> assertThat(e.closeReason()).isEqualTo(new CloseReason(code, "why")));
        }
        assertThatThrownBy(channel::shutdownOutput).isInstanceOf(BridgeException.class);
    }

    @Test
    void close_whileAWriterBlocks_wakesIt() throws Exception {
        FutureTask<Integer> writing = blocked(() -> channel.write(ByteBuffer.allocate(10)));
        far.close(new CloseReason(4000, "gone"));
        assertThatThrownBy(writing::get)
                .cause()
                .isInstanceOfSatisfying(
                        BridgeException.class,
                        e -> assertThat(e.closeReason().code()).isEqualTo(4000));
    }

    @Test
    void asyncClose_wakesReaderAndWriter() throws Exception {
        FutureTask<String> reading = blocked(() -> read(1));
        FutureTask<Integer> writing = blocked(() -> channel.write(ByteBuffer.allocate(10)));
        channel.close();
        assertThatThrownBy(reading::get).cause().isExactlyInstanceOf(AsynchronousCloseException.class);
        assertThatThrownBy(writing::get).cause().isExactlyInstanceOf(AsynchronousCloseException.class);
        assertThatThrownBy(() -> read(1)).isExactlyInstanceOf(ClosedChannelException.class);
        assertThat(channel.isOpen()).isFalse();
        // The other end must not mistake an incomplete write for a complete one.
        assertThat(near.closes.poll().code()).isEqualTo(CloseReason.VANISHED);
    }

    @Test
    void close_whenIdle_is1000() throws Exception {
        channel.close();
        channel.close(new CloseReason(4001, "second"));
        assertThat(farReceiver.closed()).isEqualTo(CloseReason.normal());
        assertThat(channel.closed().toCompletableFuture().get()).isEqualTo(CloseReason.normal());
    }

    @Test
    void interrupt_closesTheChannel() throws Exception {
        FutureTask<String> reading = blocked(() -> read(1));
        worker.interrupt();
        assertThatThrownBy(reading::get).cause().isExactlyInstanceOf(ClosedByInterruptException.class);
        assertThat(farReceiver.closed().code()).isEqualTo(CloseReason.VANISHED);
    }

    @Test
    void readTimeout_leavesTheChannelUsable() throws Exception {
        channel.readTimeout(Duration.ofMillis(20));
        assertThatThrownBy(() -> read(1)).isInstanceOf(SocketTimeoutException.class);
        send("x");
        assertThat(read(1)).isEqualTo("x");
    }

    @Test
    void writeTimeout_dropsTheChannel() {
        channel.writeTimeout(Duration.ofMillis(20));
        assertThatThrownBy(() -> channel.write(ByteBuffer.allocate(1))).isInstanceOf(SocketTimeoutException.class);
        assertThat(near.aborted).isTrue();
        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void timeouts_areNotNegative() {
        assertThatThrownBy(() -> channel.readTimeout(Duration.ofMillis(-1)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void streams_readAndWrite() throws Exception {
        send("ab");
        assertThat(channel.inputStream().read()).isEqualTo('a');
        assertThat(channel.inputStream().readNBytes(1)).isEqualTo(new byte[] {'b'});
        far.demand();
        channel.outputStream().write("out".getBytes(StandardCharsets.UTF_8));
        assertThat(QueueReceiver.bytes(farReceiver.fragment())).isEqualTo(new byte[] {'o', 'u', 't'});
        far.demand();
        channel.outputStream().write(200);
        assertThat(QueueReceiver.bytes(farReceiver.fragment())).isEqualTo(new byte[] {(byte) 200});
        channel.inputStream().close();
        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void relay_bothDirectionsEnded_ignoresHowTheBridgeEnds() throws Exception {
        Leg leg = new Leg() {
            @Override
            public String subprotocol() {
                return "";
            }

            @Override
            public void open(Receiver receiver) {}

            @Override
            public void demand() {}

            @Override
            public CompletionStage<Void> send(Fragment fragment) {
                return CompletableFuture.completedFuture(null);
            }

            @Override
            public void ping() {}

            @Override
            public void close(CloseReason reason) {}

            @Override
            public void abort() {}
        };
        GreetedLeg greeted = new GreetedLeg(leg, new BridgeId(0, 8));
        Leg.Receiver receiver = greeted.receiver();
        BridgeChannel bridge = BridgeChannel.over(greeted);
        bridge.shutdownOutput();
        receiver.onFragment(Fragment.binary(StandardCharsets.UTF_8.encode("all of it")));
        receiver.onFragment(Fragment.binary(ByteBuffer.allocate(0)));
        receiver.onClosed(CloseReason.vanished("no close in time"));
        ByteArrayOutputStream output = new ByteArrayOutputStream();
        TcpTunnel.run(bridge, InputStream.nullInputStream(), output);
        assertThat(output).hasToString("all of it");
    }

    @Test
    void available_whileAReaderBlocks_doesNotBlock() throws Exception {
        FutureTask<String> reading = blocked(() -> read(1));
        assertThat(channel.inputStream().available()).isZero();
        send("x");
        reading.get();
    }
}
