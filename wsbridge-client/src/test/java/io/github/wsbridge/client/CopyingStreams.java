package io.github.wsbridge.client;

import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.spi.Peer;
import io.github.wsbridge.spi.StreamTransport;
import io.github.wsbridge.wire.concurrent.TaskThreads;
import io.github.wsbridge.wire.relay.ForwardingLeg;
import io.github.wsbridge.wire.relay.ForwardingReceiver;
import java.io.IOException;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;

/** {@link BlockingStreams} for a suite that keeps the fragments, whose buffers a {@link BlockingLeg} uses again. */
public final class CopyingStreams implements StreamTransport {

    private final StreamTransport streams = new BlockingStreams(TaskThreads.shared());

    @Override
    public CompletionStage<Leg> dial(SocketAddress address, Duration timeout) {
        return streams.dial(address, timeout).thenApply(Copying::new);
    }

    @Override
    public Listening listen(SocketAddress address, Limits limits, BiConsumer<Leg, Peer> accepted) throws IOException {
        return streams.listen(address, limits, (leg, client) -> accepted.accept(new Copying(leg), client));
    }

    private static final class Copying extends ForwardingLeg {

        Copying(Leg leg) {
            super(leg);
        }

        @Override
        public void open(Receiver receiver) {
            super.open(new ForwardingReceiver(receiver) {
                @Override
                public void onFragment(Fragment fragment) {
                    ByteBuffer copy = ByteBuffer.allocate(fragment.payload().remaining());
                    copy.put(fragment.payload()).flip();
                    super.onFragment(new Fragment(fragment.kind(), copy, fragment.last()));
                }
            });
        }
    }
}
