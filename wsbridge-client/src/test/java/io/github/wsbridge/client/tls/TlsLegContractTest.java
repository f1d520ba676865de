package io.github.wsbridge.client.tls;

import io.github.wsbridge.client.CopyingStreams;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.spi.Peer;
import io.github.wsbridge.spi.StreamTransport;
import io.github.wsbridge.testkit.StreamTransportContract;
import java.io.IOException;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.BeforeEach;

/** Encrypted legs keep the contract of those of a plain connection, here over TCP. */
class TlsLegContractTest extends StreamTransportContract {

    private StreamTransport transport;

    @BeforeEach
    void create() throws Exception {
        transport = new EncryptedStreams(new TlsEnds());
    }

    @Override
    protected StreamTransport transport() {
        return transport;
    }

    private static final class EncryptedStreams implements StreamTransport {
        private final StreamTransport plain = new CopyingStreams();
        private final TlsEnds ends;

        EncryptedStreams(TlsEnds ends) {
            this.ends = ends;
        }

        @Override
        public CompletionStage<Leg> dial(SocketAddress address, Duration timeout) {
            return plain.dial(address, timeout).thenApply(leg -> begun(ends.requester(leg)));
        }

        @Override
        public Listening listen(SocketAddress address, Limits limits, BiConsumer<Leg, Peer> accepted)
                throws IOException {
            return plain.listen(address, limits, (leg, client) -> accepted.accept(begun(ends.device(leg)), client));
        }

        /** Begins the handshake, for which nobody need wait. */
        private static Leg begun(TlsLeg leg) {
            leg.handshake();
            return leg;
        }
    }
}
