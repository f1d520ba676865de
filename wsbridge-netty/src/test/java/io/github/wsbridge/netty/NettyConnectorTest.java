package io.github.wsbridge.netty;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.spi.BridgeServer;
import io.github.wsbridge.spi.ClientCertificates;
import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.testkit.RecordingReceiver;
import io.github.wsbridge.testkit.transport.TestAuthority;
import io.github.wsbridge.testkit.transport.TransportConnectorContract;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.Test;

class NettyConnectorTest extends TransportConnectorContract {

    @Override
    protected BridgeServer bind(SSLContext tls, ClientCertificates clients) throws Exception {
        NettyBridgeServer.Builder builder =
                NettyBridgeServer.builder().address(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        return (tls == null ? builder : builder.tls(tls).clientCertificates(clients)).bind();
    }

    @Override
    protected Connector connector(SSLContext tls, InetSocketAddress proxy) {
        NettyConnector.Builder builder = NettyConnector.builder();
        if (tls != null) {
            builder.sslContext(tls);
        }
        if (proxy != null) {
            builder.proxy(ProxySelector.of(proxy));
        }
        return builder.build();
    }

    @Override
    protected Connector presenting(TestAuthority.Issued own) throws Exception {
        return NettyConnector.builder()
                .identity(own.key(), own.chain())
                .trust(own.chain().subList(1, 2))
                .build();
    }

    @Override
    protected String threadNames() {
        return "wsbridge-netty-connector";
    }

    @Test
    void attemptExpiresWhileQueued_looksUpNoName() throws Exception {
        int atATime = 8;
        CountDownLatch looking = new CountDownLatch(atATime);
        CountDownLatch go = new CountDownLatch(1);
        AtomicInteger lookups = new AtomicInteger();
        ProxySelector slow = new Lookup(uri -> {
            lookups.incrementAndGet();
            looking.countDown();
            await(go);
        });
        try (NettyConnector other = NettyConnector.builder().proxy(slow).build()) {
            for (int i = 0; i < atATime; i++) {
                other.connect(target("/"));
            }
            looking.await();
            CompletableFuture<Leg> expired = other.connect(
                            new Connector.Target(target("/").uri(), Map.of(), "", Duration.ofMillis(1)))
                    .toCompletableFuture();
            assertThat(failure(expired)).isInstanceOf(IOException.class);
            CompletableFuture<Leg> good = other.connect(target("/")).toCompletableFuture();
            go.countDown();
            good.get(RecordingReceiver.PATIENCE.toSeconds(), TimeUnit.SECONDS);
            assertThat(lookups).hasValue(atATime + 1);
        }
    }

    @Test
    void close_duringALookup_failsTheConnect() throws Exception {
        CountDownLatch looking = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        ProxySelector slow = new Lookup(uri -> {
            looking.countDown();
            await(go);
        });
        NettyConnector other = NettyConnector.builder().proxy(slow).build();
        List<CompletableFuture<Leg>> legs = new ArrayList<>();
        for (int i = 0; i < 20; i++) { // more than the number of concurrent lookups
            legs.add(other.connect(target("/")).toCompletableFuture());
        }
        looking.await();
        other.close();
        for (CompletableFuture<Leg> leg : legs) {
            assertThat(failure(leg)).isInstanceOf(IOException.class).hasMessage("the connector is closed");
        }
        go.countDown();
        assertThat(failure(other.connect(target("/")).toCompletableFuture())).isInstanceOf(IOException.class);
    }

    @Test
    void close_whileTheServerDoesNotAnswer_failsTheConnect() throws Exception {
        URI silent = URI.create("ws://localhost:" + listening().getLocalPort() + "/");
        CompletableFuture<Leg> leg = connector()
                .connect(new Connector.Target(silent, Map.of(), "", Duration.ofMinutes(5)))
                .toCompletableFuture();
        try (Socket accepted = listening().accept()) {
            connector().close();
            assertThat(failure(leg)).isInstanceOf(IOException.class);
            assertThat(accepted.getInputStream().readAllBytes()).isNotNull();
        }
    }

    @Test
    void tls_onASilentPort_failsAndSaysSo() {
        URI silent = URI.create("wss://127.0.0.1:" + listening().getLocalPort() + "/");
        assertThat(failure(connector()
                        .connect(new Connector.Target(silent, Map.of(), "", Duration.ofSeconds(1)))
                        .toCompletableFuture()))
                .hasMessage("127.0.0.1:" + silent.getPort()
                        + " does not answer with TLS: if it does not speak TLS, use ws:// instead of wss://");
    }

    @Test
    void close_fromItsOwnThread_works() throws Exception {
        RecordingReceiver client = connect(target("/"));
        RecordingReceiver node = door.takeEnd();
        CompletableFuture<Void> closed = new CompletableFuture<>();
        Leg second = connector()
                .connect(target("/"))
                .toCompletableFuture()
                .get(RecordingReceiver.PATIENCE.toSeconds(), TimeUnit.SECONDS);
        door.takeEnd().leg().send(Fragment.text("close"));
        second.open(new Leg.Receiver() {
            @Override
            public void onFragment(Fragment fragment) {
                connector().close();
                closed.complete(null);
            }

            @Override
            public void onClosed(CloseReason reason) {}
        });
        second.demand();
        closed.get(RecordingReceiver.PATIENCE.toSeconds(), TimeUnit.SECONDS);
        assertThat(client.awaitClosed().code()).isEqualTo(CloseReason.VANISHED);
        assertThat(node.awaitClosed().code()).isEqualTo(CloseReason.VANISHED);
    }

    /** Blocks like a lookup that the platform does not interrupt. */
    private static void await(CountDownLatch latch) {
        boolean interrupted = true;
        while (interrupted) {
            try {
                interrupted = !latch.await(20, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
    }

    /** Called during a lookup; selects no proxy. */
    private static final class Lookup extends ProxySelector {
        private final Consumer<URI> meanwhile;

        Lookup(Consumer<URI> meanwhile) {
            this.meanwhile = meanwhile;
        }

        @Override
        public List<Proxy> select(URI uri) {
            meanwhile.accept(uri);
            return List.of();
        }

        @Override
        public void connectFailed(URI uri, SocketAddress address, IOException failure) {}
    }
}
