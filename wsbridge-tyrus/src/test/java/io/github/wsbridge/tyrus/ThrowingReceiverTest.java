package io.github.wsbridge.tyrus;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.spi.Admission;
import io.github.wsbridge.spi.Connector;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.Leg;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ThrowingReceiverTest {

    private static final int SECONDS = 20;

    /** Throws for each fragment, and reports the end. */
    private record Broken(CompletableFuture<CloseReason> closed) implements Leg.Receiver {
        @Override
        public void onFragment(Fragment fragment) {
            throw new IllegalStateException("a test's failure");
        }

        @Override
        public void onClosed(CloseReason reason) {
            closed.complete(reason);
        }
    }

    private static void open(Leg leg, CompletableFuture<CloseReason> closed) {
        leg.open(new Broken(closed));
        leg.demand();
    }

    @Test
    void onFragment_throws_legIsDroppedAndBothEndsAreNotified() throws Exception {
        CompletableFuture<CloseReason> far = new CompletableFuture<>();
        CompletableFuture<CloseReason> near = new CompletableFuture<>();
        try (TyrusBridgeServer server = TyrusBridgeServer.builder()
                        .address(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                        .bind();
                TyrusConnector connector = new TyrusConnector()) {
            server.serve(
                    handshake -> CompletableFuture.completedFuture(new Admission.Granted("", leg -> open(leg, far))));
            URI uri = URI.create("ws://127.0.0.1:" + server.address().getPort() + "/");
            Leg leg = connector
                    .connect(new Connector.Target(uri, Map.of(), "", Duration.ofSeconds(SECONDS)))
                    .toCompletableFuture()
                    .get(SECONDS, TimeUnit.SECONDS);
            open(leg, near);
            leg.send(Fragment.text("boom"));
            assertThat(far.get(SECONDS, TimeUnit.SECONDS).code()).isEqualTo(CloseReason.VANISHED);
            assertThat(near.get(SECONDS, TimeUnit.SECONDS).code()).isEqualTo(CloseReason.VANISHED);
        }
    }
}
