package io.github.wsbridge.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.wsbridge.BridgeException;
import io.github.wsbridge.BridgeId;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.spi.Fragment;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.CompletionHandler;
import java.nio.channels.ReadPendingException;
import java.nio.channels.WritePendingException;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
final class AsynchronousBridgeChannelTest {

    private final PairLeg near = PairLeg.pair("");
    private final PairLeg far = near.peer();
    private final QueueReceiver farReceiver = new QueueReceiver();
    private final AsynchronousBridgeChannel channel;

    AsynchronousBridgeChannelTest() {
        GreetedLeg greeted = new GreetedLeg(near, new BridgeId(0, 7));
        near.open(greeted.receiver());
        far.open(farReceiver);
        channel = AsynchronousBridgeChannel.over(greeted);
    }

    private void send(byte... bytes) {
        far.send(Fragment.binary(ByteBuffer.wrap(bytes)));
    }

    /** Copies what it reads to where it is written, as programs do with handlers. */
    private record Echo(AsynchronousBridgeChannel channel, CompletableFuture<Integer> done)
            implements CompletionHandler<Integer, ByteBuffer> {

        @Override
        public void completed(Integer count, ByteBuffer buffer) {
            if (count < 0) {
                channel.shutdownOutput().thenRun(() -> done.complete(0));
                return;
            }
            buffer.flip();
            channel.write(buffer, buffer, new CompletionHandler<>() {
                @Override
                public void completed(Integer written, ByteBuffer same) {
                    channel.read(same.clear(), same, Echo.this);
                }

                @Override
                public void failed(Throwable failure, ByteBuffer same) {
                    done.completeExceptionally(failure);
                }
            });
        }

        @Override
        public void failed(Throwable failure, ByteBuffer buffer) {
            done.completeExceptionally(failure);
        }
    }

    @Test
    void handlers_echoAMegabyte_thenBothDirectionsEnd() throws Exception {
        GreetedLeg greeted = new GreetedLeg(PairLeg.pair(""), new BridgeId(0, 8));
        PairLeg leg = (PairLeg) greeted.transport();
        leg.open(greeted.receiver());
        GreetedLeg other = new GreetedLeg(leg.peer(), new BridgeId(0, 8));
        leg.peer().open(other.receiver());
        CompletableFuture<Integer> done = new CompletableFuture<>();
        ByteBuffer buffer = ByteBuffer.allocate(3_000);
        AsynchronousBridgeChannel echoing = AsynchronousBridgeChannel.over(other);
        echoing.read(buffer, buffer, new Echo(echoing, done));

        byte[] sent = new byte[1 << 20];
        new Random(7).nextBytes(sent);
        try (BridgeChannel blocking = BridgeChannel.over(greeted)) {
            CompletableFuture<Void> writing = CompletableFuture.runAsync(() -> {
                try {
                    blocking.write(ByteBuffer.wrap(sent));
                    blocking.shutdownOutput();
                } catch (Exception e) {
                    throw new IllegalStateException(e);
                }
            });
            assertThat(blocking.inputStream().readAllBytes()).isEqualTo(sent);
            writing.get();
            done.get();
            assertThat(echoing.closed().toCompletableFuture().get()).isEqualTo(CloseReason.normal());
        }
    }

    @Test
    void read_takesWhatItHasRoomFor_andDemandsNoMoreThanItReads() throws Exception {
        assertThat(near.demands).hasValue(1);
        send((byte) 1, (byte) 2, (byte) 3);
        send((byte) 4);
        assertThat(channel.read(ByteBuffer.allocate(2)).get()).isEqualTo(2);
        assertThat(near.demands).hasValue(1);
        assertThat(channel.read(ByteBuffer.allocate(2)).get()).isEqualTo(1);
        assertThat(near.demands).hasValue(2);
        assertThat(channel.read(ByteBuffer.allocate(0)).get()).isZero();
    }

    @Test
    void oneReadAndOneWriteAtATime() throws Exception {
        Future<Integer> read = channel.read(ByteBuffer.allocate(1));
        assertThatThrownBy(() -> channel.read(ByteBuffer.allocate(1))).isInstanceOf(ReadPendingException.class);
        Future<Integer> write = channel.write(ByteBuffer.allocate(1));
        assertThatThrownBy(() -> channel.write(ByteBuffer.allocate(1))).isInstanceOf(WritePendingException.class);
        send((byte) 1);
        far.demand();
        assertThat(read.get()).isEqualTo(1);
        assertThat(write.get()).isEqualTo(1);
    }

    @Test
    void read_cancelled_losesNothing() throws Exception {
        assertThat(channel.read(ByteBuffer.allocate(1)).cancel(false)).isTrue();
        send((byte) 9);
        ByteBuffer target = ByteBuffer.allocate(1);
        Future<Integer> read = channel.read(target);
        assertThat(read.get()).isEqualTo(1);
        assertThat(read.cancel(true)).isFalse();
        assertThat(target.get(0)).isEqualTo((byte) 9);
    }

    @Test
    void close_endsWhatIsInProgress() {
        CompletableFuture<Integer> read = channel.read(ByteBuffer.allocate(1));
        CompletableFuture<Integer> write = channel.write(ByteBuffer.allocate(1));
        channel.close();
        assertThat(read)
                .failsWithin(Duration.ofSeconds(5))
                .withThrowableOfType(ExecutionException.class)
                .withCauseInstanceOf(AsynchronousCloseException.class);
        assertThat(write)
                .failsWithin(Duration.ofSeconds(5))
                .withThrowableOfType(ExecutionException.class)
                .withCauseInstanceOf(AsynchronousCloseException.class);
        assertThat(near.closes.peek().code()).isEqualTo(CloseReason.VANISHED);
        assertThat(channel.isOpen()).isFalse();
        assertThatThrownBy(() -> channel.read(ByteBuffer.allocate(1)).get())
                .hasCauseInstanceOf(ClosedChannelException.class);
        assertThatThrownBy(() -> channel.write(ByteBuffer.allocate(1)).get())
                .hasCauseInstanceOf(ClosedChannelException.class);
    }

    @Test
    void otherEnd_closes() throws Exception {
        send((byte) 5);
        far.close(CloseReason.vanished("gone"));
        assertThat(channel.read(ByteBuffer.allocate(8)).get()).isEqualTo(1);
        assertThatThrownBy(() -> channel.read(ByteBuffer.allocate(8)).get()).hasCauseInstanceOf(BridgeException.class);
        assertThatThrownBy(() -> channel.write(ByteBuffer.allocate(8)).get()).hasCauseInstanceOf(BridgeException.class);
    }
}
