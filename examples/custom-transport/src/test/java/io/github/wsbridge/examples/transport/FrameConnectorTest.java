package io.github.wsbridge.examples.transport;

import io.github.wsbridge.spi.Admission;
import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.spi.Handshake;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.testkit.ConnectorContract;
import io.github.wsbridge.testkit.SeenHandshake;
import io.github.wsbridge.testkit.transport.FakeDoor;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;

/** Runs the connector contract for any transport; this transport's server is the other end. */
class FrameConnectorTest extends ConnectorContract {

    private final Socket nobody = new Socket();

    @Override
    protected Connector newConnector() {
        return new FrameConnector();
    }

    @Override
    protected Peer startPeer() throws Exception {
        return new ServerPeer();
    }

    /** A bound port without a listener. */
    @Override
    protected URI unreachable() throws Exception {
        nobody.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        return URI.create("ws://localhost:" + nobody.getLocalPort());
    }

    @AfterEach
    void giveUpThePort() throws IOException {
        nobody.close();
    }

    private static final class ServerPeer implements Peer {

        private final FakeDoor door = new FakeDoor();
        private final FrameServer server =
                new FrameServer(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 100);

        ServerPeer() throws IOException {
            upgrade();
            server.serve(door);
        }

        @Override
        public URI uri() {
            return URI.create("ws://localhost:" + server.address().getPort());
        }

        @Override
        public void upgrade() {
            door.answers(handshake -> door.granted(handshake.headers().only("Sec-WebSocket-Protocol")));
        }

        @Override
        public void refuse(int status) {
            door.refuses(new Admission.Refused(status, "refused"));
        }

        @Override
        public void ignore() {
            door.answers(handshake -> new CompletableFuture<>());
        }

        @Override
        public SeenHandshake takeHandshake(Duration patience) throws InterruptedException {
            Handshake seen = door.takeHandshake();
            String query = seen.rawQuery() == null ? "" : "?" + seen.rawQuery();
            return new SeenHandshake("GET " + seen.path() + query, seen.headers());
        }

        @Override
        public Leg takeLeg(Duration patience) throws InterruptedException {
            return door.takeLeg();
        }

        @Override
        public void close() {
            server.close();
        }
    }
}
