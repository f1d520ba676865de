package io.github.wsbridge.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.BridgeId;
import io.github.wsbridge.BridgeToken;
import io.github.wsbridge.Invitation;
import io.github.wsbridge.client.FakeNode.Call;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.testkit.FakeScheduler;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;

/** A device that listens on a {@link FakeNode}, and queues for its bridges and its answers. */
@Timeout(30)
abstract class BridgeDeviceFixture {

    /** Returns the largest allowed number, so that pauses have their maximum. */
    private static final RandomGenerator LARGEST = new RandomGenerator() {
        @Override
        public long nextLong() {
            throw new UnsupportedOperationException();
        }

        @Override
        public long nextLong(long bound) {
            return bound - 1;
        }
    };

    final FakeNode node = FakeNode.scripted();
    final FakeScheduler scheduler = new FakeScheduler();
    final BlockingQueue<IncomingBridge> offered = new LinkedBlockingQueue<>();
    BridgeDevice device;
    QueueReceiver far;

    @AfterEach
    void close() {
        device.close();
    }

    BridgeDevice.Builder builder(BridgeDevice.Handler handler) {
        return BridgeDevice.builder("dev", FakeNode.BASE, handler)
                .apiKey("k")
                .connector(node)
                .scheduler(scheduler)
                .backoff(Duration.ofSeconds(1), Duration.ofSeconds(10))
                .random(LARGEST);
    }

    PairLeg listen(BridgeDevice.Builder builder) throws Exception {
        device = builder.build().start();
        return openListen();
    }

    PairLeg listen() throws Exception {
        return listen(builder(offered::add));
    }

    PairLeg openListen() throws Exception {
        Call call = node.call();
        assertThat(call.target().uri()).hasToString("ws://node.test/bridge/listen?deviceId=dev");
        PairLeg leg = call.open();
        far = new QueueReceiver(leg::demand);
        leg.open(far);
        leg.demand();
        return leg;
    }

    IncomingBridge offer() throws Exception {
        IncomingBridge offer = offered.poll(10, TimeUnit.SECONDS);
        assertThat(offer).isNotNull();
        return offer;
    }

    void invite(PairLeg listen, String token) {
        listen.send(Fragment.text(FakeNode.invitation(token, "ssh")));
    }

    String answer() throws Exception {
        return QueueReceiver.text(far.fragment());
    }

    static Invitation invitation() {
        return new Invitation(
                new BridgeId(1, 2),
                "dev",
                new BridgeToken("t"),
                URI.create("ws://node.test/bridge/accept?bridgeToken=t"),
                "",
                "alice",
                Instant.now().plusSeconds(30));
    }
}
