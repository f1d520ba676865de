package io.github.wsbridge.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.wsbridge.BridgeException;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.spi.Peer;
import io.github.wsbridge.spi.StreamTransport;
import io.github.wsbridge.testkit.LegPair;
import io.github.wsbridge.testkit.MemoryLegs;
import io.github.wsbridge.testkit.RecordingReceiver;
import io.github.wsbridge.wire.relay.ForwardingLeg;
import io.github.wsbridge.wire.relay.LocalLeg;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.ConnectTimeoutException;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.local.LocalIoHandler;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import java.io.ByteArrayOutputStream;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LeakCheck.class)
class LegChannelTest {

    private static final int SECONDS = 30;
    private static final CloseReason OWN = new CloseReason(4999, "because");

    private final MemoryLegs memory = new MemoryLegs(Set.of(), Duration.ofSeconds(1));
    private final EventLoopGroup others = new MultiThreadIoEventLoopGroup(1, LocalIoHandler.newFactory());

    @AfterEach
    void down() {
        others.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
        memory.close();
    }

    @Test
    void write_bothDirections_arrivesUnchanged() throws Exception {
        LegPair legs = memory.connect("wsbridge.v1");
        Log left = new Log();
        Log right = new Log();
        LegChannel one = open(legs.near(), left);
        LegChannel other = open(legs.far(), right);
        byte[] data = bytes(3_000_000);

        write(one, data);
        write(other, data);

        await().untilAsserted(() -> {
            assertThat(right.size()).isEqualTo(data.length);
            assertThat(left.size()).isEqualTo(data.length);
        });
        assertThat(left.bytes()).isEqualTo(data);
        assertThat(right.bytes()).isEqualTo(data);
    }

    private Bootstrap bootstrap(Supplier<CompletableFuture<Leg>> dial, Log log) {
        return new Bootstrap()
                .group(others)
                .channelFactory(LegChannel.dialling(dial))
                .handler(log)
                .disableResolver();
    }

    @Test
    void bootstrap_connect_usesTheLegThatComes() throws Exception {
        CompletableFuture<Leg> coming = new CompletableFuture<>();
        LegPair legs = memory.connect("wsbridge.v1");
        Log log = new Log();
        Log farLog = new Log();
        var connecting = bootstrap(() -> coming, log).connect("device-1.invalid", 80);
        others.submit(() -> {}).await();
        assertThat(connecting.isDone()).isFalse();
        assertThat(connecting.channel().isActive()).isFalse();

        coming.complete(legs.near());
        assertThat(connecting.await(SECONDS, TimeUnit.SECONDS)).isTrue();
        assertThat(connecting.isSuccess()).isTrue();
        assertThat(connecting.channel().remoteAddress()).hasToString("device-1.invalid/<unresolved>:80");
        LegChannel far = open(legs.far(), farLog);
        write((LegChannel) connecting.channel(), bytes(100_000));
        write(far, bytes(200_000));

        await().untilAsserted(() -> {
            assertThat(farLog.bytes()).isEqualTo(bytes(100_000));
            assertThat(log.bytes()).isEqualTo(bytes(200_000));
        });
    }

    @Test
    void bootstrap_connectThatFails_closesTheChannel() throws Exception {
        var refused = bootstrap(() -> CompletableFuture.failedFuture(new BridgeException(OWN)), new Log())
                .connect("device-1.invalid", 80)
                .await();
        assertThat(refused.cause()).isInstanceOf(ConnectException.class).hasCauseInstanceOf(BridgeException.class);
        assertThat(refused.channel().closeFuture().await(SECONDS, TimeUnit.SECONDS))
                .isTrue();
    }

    @Test
    void bootstrap_connectThatIsGivenUp_cancelsTheAttempt() throws Exception {
        CompletableFuture<Leg> coming = new CompletableFuture<>();
        var late = bootstrap(() -> coming, new Log())
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, 30)
                .connect("device-1.invalid", 80)
                .await();
        assertThat(late.cause()).isInstanceOf(ConnectTimeoutException.class);
        await().until(coming::isCancelled);

        CompletableFuture<Leg> another = new CompletableFuture<>();
        CompletableFuture<Void> dialled = new CompletableFuture<>();
        Supplier<CompletableFuture<Leg>> dial = () -> {
            dialled.complete(null);
            return another;
        };
        var closed = bootstrap(dial, new Log()).connect("device-1.invalid", 80);
        dialled.get(SECONDS, TimeUnit.SECONDS);
        closed.channel().close();
        await().until(another::isCancelled);
        assertThat(closed.await().isSuccess()).isFalse();
    }

    @Test
    void read_withoutAutoRead_isByDemand() throws Exception {
        LegPair legs = memory.connect("wsbridge.v1");
        Log log = new Log();
        LegChannel channel = new LegChannel(legs.near());
        channel.config().setAutoRead(false);
        channel.pipeline().addLast(log);
        others.register(channel).await();
        RecordingReceiver far = new RecordingReceiver(legs.far()).open();
        far.send(Fragment.text("one"));
        far.send(Fragment.text("two"));

        others.submit(() -> {}).await();
        assertThat(log.size()).isZero();
        channel.read();
        await().untilAsserted(() -> assertThat(log.size()).isEqualTo(3));
        channel.read();

        await().untilAsserted(() -> assertThat(log.size()).isEqualTo(6));
    }

    @Test
    void read_manyTinyFragments_doesNotRecurse() throws Exception {
        Log log = new Log();
        int count = 100_000;
        open(new EagerLeg(count), log);

        await().atMost(SECONDS, TimeUnit.SECONDS)
                .untilAsserted(() -> assertThat(log.size()).isEqualTo(count));
        assertThat(log.failure).isNull();
    }

    @Test
    void write_withoutReader_isNotWritable() throws Exception {
        LegPair legs = memory.connect("wsbridge.v1");
        LegChannel channel = open(legs.near(), new Log());
        RecordingReceiver far = new RecordingReceiver(legs.far()).open();

        var written = channel.writeAndFlush(Unpooled.wrappedBuffer(bytes(1_000_000)));
        await().until(() -> !channel.isWritable());
        assertThat(written.isDone()).isFalse();
        far.demandAlways();

        assertThat(written.await(SECONDS, TimeUnit.SECONDS)).isTrue();
        assertThat(written.isSuccess()).isTrue();
        await().until(channel::isWritable);
    }

    @Test
    void write_byAListenerOfAnotherWrite_keepsTheOrder() throws Exception {
        LegPair legs = memory.connect("wsbridge.v1");
        Log log = new Log();
        LegChannel channel = open(legs.near(), new Log());
        open(legs.far(), log);
        byte[] data = bytes(2_000_000);
        channel.eventLoop().execute(() -> {
            for (int at = 0; at < 1_000_000; at += 1_000) {
                int more = at + 1_000_000;
                channel.write(Unpooled.wrappedBuffer(data, at, 1_000))
                        .addListener(done -> channel.writeAndFlush(Unpooled.wrappedBuffer(data, more, 1_000)));
            }
            channel.flush();
        });

        await().atMost(SECONDS, TimeUnit.SECONDS)
                .untilAsserted(() -> assertThat(log.size()).isEqualTo(data.length));
        assertThat(log.bytes()).isEqualTo(data);
    }

    @Test
    void inputEnds_withoutHalfClosure_closes() throws Exception {
        LegPair legs = memory.connect("wsbridge.v1");
        Log log = new Log();
        LegChannel channel = open(legs.near(), log);
        RecordingReceiver far = new RecordingReceiver(legs.far()).open();

        far.send(Fragment.binary(ByteBuffer.allocate(0)));

        assertThat(channel.closeFuture().await(SECONDS, TimeUnit.SECONDS)).isTrue();
        assertThat(far.awaitClosed()).isEqualTo(CloseReason.normal());
        assertThat(log.failure).isNull();
    }

    @Test
    void inputEnds_withHalfClosure_leavesTheOutput() throws Exception {
        LegPair legs = memory.connect("wsbridge.v1");
        Log log = new Log();
        LegChannel channel = open(legs.near(), log);
        channel.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
        RecordingReceiver far = new RecordingReceiver(legs.far()).open();

        far.send(Fragment.binary(ByteBuffer.allocate(0)));
        await().until(() -> log.inputEnded);
        write(channel, "more".getBytes(StandardCharsets.UTF_8));
        assertThat(far.nextText()).isEqualTo("more");
        assertThat(channel.shutdownOutput().await(SECONDS, TimeUnit.SECONDS)).isTrue();

        assertThat(far.nextBytes()).isEmpty();
        assertThat(far.awaitClosed()).isEqualTo(CloseReason.normal());
        assertThat(channel.isActive()).isFalse();
    }

    @Test
    void shutdownOutput_withDataUnderWay_followsIt() throws Exception {
        LegPair legs = memory.connect("wsbridge.v1");
        LegChannel channel = open(legs.near(), new Log());
        channel.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
        RecordingReceiver far = new RecordingReceiver(legs.far()).open();
        byte[] data = bytes(500_000);

        CompletableFuture<Void> shut = new CompletableFuture<>();
        channel.writeAndFlush(Unpooled.wrappedBuffer(data))
                .addListener(done -> channel.shutdownOutput().addListener(end -> shut.complete(null)));
        far.demandAlways();
        shut.get(SECONDS, TimeUnit.SECONDS);

        await().until(() ->
                far.messages().get(far.messages().size() - 1).payload().remaining() == 0);
        assertThat(far.messages().stream()
                        .mapToInt(message -> message.payload().remaining())
                        .sum())
                .isEqualTo(data.length);
    }

    @Test
    void legEnds_withAReason_isFiredThenInactive() throws Exception {
        LegPair legs = memory.connect("wsbridge.v1");
        Log log = new Log();
        LegChannel channel = open(legs.near(), log);

        new RecordingReceiver(legs.far()).open();
        legs.far().close(OWN);

        assertThat(channel.closeFuture().await(SECONDS, TimeUnit.SECONDS)).isTrue();
        assertThat(channel.closeReason()).isEqualTo(OWN);
        await().until(() -> log.inactive);
        assertThat(log.failure)
                .isInstanceOfSatisfying(
                        BridgeException.class,
                        failure -> assertThat(failure.closeReason()).isEqualTo(OWN));
    }

    @Test
    void legEnds_normally_isInactiveWithoutFailure() throws Exception {
        LegPair legs = memory.connect("wsbridge.v1");
        Log log = new Log();
        open(legs.near(), log);

        new RecordingReceiver(legs.far()).open();
        legs.far().close(CloseReason.normal());

        await().until(() -> log.inactive);
        assertThat(log.failure).isNull();
    }

    @Test
    void close_withAReason_tellsTheOtherEnd() throws Exception {
        LegPair legs = memory.connect("wsbridge.v1");
        LegChannel channel = open(legs.near(), new Log());
        RecordingReceiver far = new RecordingReceiver(legs.far()).open();
        far.demandAlways();

        channel.close(OWN);

        assertThat(far.awaitClosed()).isEqualTo(OWN);
    }

    @Test
    void close_withUnsentData_isNotTakenForAGoodEnd() throws Exception {
        LegPair legs = memory.connect("wsbridge.v1");
        LegChannel channel = open(legs.near(), new Log());
        RecordingReceiver far = new RecordingReceiver(legs.far()).open();

        var written = channel.writeAndFlush(Unpooled.wrappedBuffer(bytes(1_000_000)));
        await().until(() -> !channel.isWritable());
        channel.close();
        far.demandAlways();

        assertThat(far.awaitClosed().code()).isEqualTo(CloseReason.VANISHED);
        assertThat(written.await(SECONDS, TimeUnit.SECONDS)).isTrue();
        assertThat(written.isSuccess()).isFalse();
    }

    @Test
    void abort_endsTheLegAbnormally() throws Exception {
        LegPair legs = memory.connect("wsbridge.v1");
        LegChannel channel = open(legs.near(), new Log());
        RecordingReceiver far = new RecordingReceiver(legs.far()).open();
        far.demandAlways();

        channel.abort();

        assertThat(far.awaitClosed().code()).isEqualTo(CloseReason.VANISHED);
        assertThat(channel.closeFuture().await(SECONDS, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void open_legOfANettyTransport_runsOnItsLoop() throws Exception {
        runsOnTheLoopOf(leg -> leg);
    }

    @Test
    void open_legThatChangesTheBytesOfANettyTransport_runsOnItsLoop() throws Exception {
        runsOnTheLoopOf(Changing::new);
    }

    private void runsOnTheLoopOf(UnaryOperator<Leg> wrapped) throws Exception {
        try (NettyConnector connector = NettyConnector.create()) {
            CompletableFuture<Leg> accepted = new CompletableFuture<>();
            try (StreamTransport.Listening listening = connector
                    .streams()
                    .listen(
                            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                            new StreamTransport.Limits(1, 1),
                            (Leg leg, Peer peer) -> accepted.complete(leg))) {
                Leg leg = connector
                        .streams()
                        .dial(listening.address(), Duration.ofSeconds(SECONDS))
                        .toCompletableFuture()
                        .get(SECONDS, TimeUnit.SECONDS);
                Log log = new Log();
                LegChannel channel = open(wrapped.apply(leg), log);
                RecordingReceiver far = new RecordingReceiver(accepted.get(SECONDS, TimeUnit.SECONDS)).open();

                assertThat(channel.eventLoop()).isSameAs(((LoopLeg) leg).eventLoop());
                write(channel, "ping".getBytes(StandardCharsets.UTF_8));
                assertThat(far.nextText()).isEqualTo("ping");
                far.send(Fragment.text("pong"));
                await().untilAsserted(() -> assertThat(new String(log.bytes(), StandardCharsets.UTF_8))
                        .isEqualTo("pong"));
                channel.close();
                await().until(() -> log.inactive);
            }
        }
    }

    /** A transport of its own, as a leg is that encrypts. */
    private static final class Changing extends ForwardingLeg {
        Changing(Leg leg) {
            super(leg);
        }

        @Override
        public Leg transport() {
            return this;
        }
    }

    private LegChannel open(Leg leg, Log log) throws Exception {
        return (LegChannel) LegChannel.open(leg, others, log).await().channel();
    }

    private static void write(LegChannel channel, byte[] data) {
        for (int at = 0; at < data.length; at += 100_000) {
            channel.write(Unpooled.wrappedBuffer(data, at, Math.min(100_000, data.length - at)));
        }
        channel.flush();
    }

    private static byte[] bytes(int count) {
        byte[] bytes = new byte[count];
        new Random(7).nextBytes(bytes);
        return bytes;
    }

    /** Keeps what the channel tells. */
    private static final class Log extends ChannelInboundHandlerAdapter {
        private final ByteArrayOutputStream received = new ByteArrayOutputStream(); // synchronised by itself
        volatile boolean inputEnded;
        volatile boolean inactive;
        volatile @Nullable Throwable failure;

        int size() {
            return received.size();
        }

        byte[] bytes() {
            return received.toByteArray();
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            ByteBuf bytes = (ByteBuf) message;
            byte[] copy = new byte[bytes.readableBytes()];
            bytes.readBytes(copy).release();
            received.writeBytes(copy);
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext context, Object event) {
            inputEnded |= event == ChannelInputShutdownEvent.INSTANCE;
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            inactive = true;
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            failure = cause;
        }
    }

    /** Answers each demand at once. */
    private static final class EagerLeg extends ForwardingLeg {
        private final int count;
        private int given;
        private Receiver receiver;

        EagerLeg(int count) {
            super(LocalLeg.pair(""));
            this.count = count;
        }

        @Override
        public void open(Receiver to) {
            receiver = to;
        }

        @Override
        public void demand() {
            if (given < count) {
                given++;
                receiver.onFragment(Fragment.binary(ByteBuffer.wrap(new byte[] {1})));
            }
        }
    }
}
