package io.github.wsbridge.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.spi.StreamTransport;
import io.github.wsbridge.testkit.StreamTransportContract;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class BlockingStreamsTest extends StreamTransportContract {

    private final StreamTransport transport = new CopyingStreams();

    @Override
    protected StreamTransport transport() {
        return transport;
    }

    @Test
    void listen_takerThatThrows_losesOnlyItsConnection() throws Exception {
        AtomicInteger count = new AtomicInteger();
        BlockingQueue<Leg> served = new LinkedBlockingQueue<>();
        SocketAddress any = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        try (StreamTransport.Listening listening =
                transport.listen(any, new StreamTransport.Limits(50, 1), (leg, client) -> {
                    if (count.incrementAndGet() == 1) {
                        throw new AssertionError("on purpose");
                    }
                    served.add(leg);
                })) {
            for (int i = 0; i < 2; i++) {
                transport.dial(listening.address(), patience());
            }
            Leg second = served.poll(10, TimeUnit.SECONDS);
            assertThat(second).isNotNull();
            second.abort();
        }
    }
}
