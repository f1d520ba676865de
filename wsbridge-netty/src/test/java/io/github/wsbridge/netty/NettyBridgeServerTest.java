package io.github.wsbridge.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.spi.Admission;
import io.github.wsbridge.spi.BridgeServer;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.testkit.transport.Ear;
import io.github.wsbridge.testkit.transport.RawSocket;
import io.github.wsbridge.testkit.transport.StandaloneServerContract;
import io.github.wsbridge.testkit.transport.TestKeys;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class NettyBridgeServerTest extends StandaloneServerContract {

    @Override
    protected BridgeServer bind(Settings settings) throws Exception {
        NettyBridgeServer.Builder builder = NettyBridgeServer.builder().address(settings.address());
        if (settings.maxConnections() != null) {
            builder.maxConnections(settings.maxConnections());
        }
        if (settings.handshakeTimeout() != null) {
            builder.handshakeTimeout(settings.handshakeTimeout());
        }
        if (settings.tls() != null) {
            builder.tls(settings.tls());
        }
        return builder.bind();
    }

    @Override
    protected String threadNames() {
        return "wsbridge-netty-server";
    }

    @Test
    void tls_framesRightBehindTheRequest_areNotLost() throws Exception {
        TestKeys keys = TestKeys.create();
        CompletableFuture<Admission> late = new CompletableFuture<>();
        door.answer = handshake -> late;
        try (BridgeServer secure = start(new Settings(0, null, null, keys.context()));
                RawSocket raw = new RawSocket(keys.context()
                        .getSocketFactory()
                        .createSocket("localhost", secure.address().getPort()))) {
            byte[] frame = RawSocket.frame(TEXT, "early".getBytes(StandardCharsets.UTF_8), RawSocket.KEY);
            raw.write(RawSocket.upgrade(TARGET, "") + new String(frame, StandardCharsets.ISO_8859_1));
            door.handshakes.take();
            late.complete(new Admission.Granted("", door.legs::add));
            assertThat(raw.readHead()).startsWith("HTTP/1.1 101");
            assertThat(Ear.text(door.ear().next())).isEqualTo("early");
        }
    }

    @Test
    void tls_peerEndsWithoutCloseNotify_isReported() throws Exception {
        TestKeys keys = TestKeys.create();
        try (BridgeServer secure = start(new Settings(0, null, null, keys.context()));
                Socket plain = new Socket("localhost", secure.address().getPort());
                RawSocket raw = new RawSocket(
                        keys.context().getSocketFactory().createSocket(plain, "localhost", plain.getPort(), false))) {
            raw.write(RawSocket.upgrade(TARGET, ""));
            raw.readHead();
            Ear ear = door.ear();
            raw.send(TEXT, "last");
            assertThat(Ear.text(ear.next())).isEqualTo("last");
            ear.leg.demand();
            plain.shutdownOutput();
            assertThat(ear.closed().code()).isEqualTo(CloseReason.VANISHED);
        }
    }

    @Test
    void tls_handshakeThatDrags_isCut() throws Exception {
        TestKeys keys = TestKeys.create();
        try (BridgeServer secure = start(new Settings(0, null, Duration.ofMillis(300), keys.context()));
                RawSocket raw = RawSocket.connect(secure.address().getPort())) {
            raw.write(new byte[] {22, 3, 1, 0, 100, 1});
            assertThat(raw.ended()).isTrue();
        }
    }

    @Test
    void closeFromItsOwnThread_works() throws Exception {
        BridgeServer other = start(new Settings(0, null, null, null));
        try (RawSocket raw = RawSocket.open(other.address().getPort(), TARGET);
                RawSocket second = RawSocket.open(other.address().getPort(), TARGET)) {
            Leg leg = door.legs.take();
            Ear ear = new Ear(door.legs.take());
            CompletableFuture<Void> closed = new CompletableFuture<>();
            leg.open(new Leg.Receiver() {
                @Override
                public void onFragment(Fragment fragment) {
                    other.close();
                    closed.complete(null);
                }

                @Override
                public void onClosed(CloseReason reason) {}
            });
            leg.demand();
            raw.send(TEXT, "close");
            second.send(TEXT, "whichever was first");
            if (!closed.isDone()) {
                ear.leg.demand();
            }
            closed.get(Ear.SECONDS, TimeUnit.SECONDS);
            assertThat(raw.ended()).isTrue();
        }
        await().until(() -> Thread.getAllStackTraces().keySet().stream()
                        .filter(thread -> thread.getName().startsWith(threadNames()))
                        .count()
                <= Runtime.getRuntime().availableProcessors());
    }

    @Test
    void receiverThatThrows_costsItsLegOnly() throws Exception {
        try (RawSocket raw = RawSocket.open(port, TARGET);
                RawSocket other = RawSocket.open(port, TARGET)) {
            Leg leg = door.legs.take();
            Leg second = door.legs.take();
            CompletableFuture<CloseReason> ended = new CompletableFuture<>();
            for (Leg each : List.of(leg, second)) {
                each.open(new Leg.Receiver() {
                    @Override
                    public void onFragment(Fragment fragment) {
                        throw new IllegalStateException("a test's failure");
                    }

                    @Override
                    public void onClosed(CloseReason reason) {
                        ended.complete(reason);
                        throw new IllegalStateException("another failure of a test");
                    }
                });
                each.demand();
            }
            raw.send(TEXT, "x");
            assertThat(ended.get(Ear.SECONDS, TimeUnit.SECONDS).code()).isEqualTo(CloseReason.VANISHED);
            assertThat(broken(raw)).isTrue();
            other.send(0x89, "still there?");
            assertThat(other.receive().text()).isEqualTo("still there?");
        }
    }

    @Test
    void sendAfterTheServersEnd_fails() throws Exception {
        try (RawSocket raw = RawSocket.open(port, TARGET)) {
            Leg leg = door.legs.take(); // never opened, so never told
            stop();
            assertThat(leg.send(Fragment.text("late")).toCompletableFuture())
                    .failsWithin(Ear.SECONDS, TimeUnit.SECONDS);
        }
    }
}
