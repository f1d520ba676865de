package io.github.wsbridge.client;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.wire.concurrent.TaskThreads;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class BlockingLegTest {

    private final Scripted connection = new Scripted();
    private final CountDownLatch taskEnded = new CountDownLatch(1);
    private final BlockingLeg leg = new BlockingLeg(
            connection,
            task -> TaskThreads.shared().execute(() -> {
                task.run();
                taskEnded.countDown();
            }));
    private final QueueReceiver receiver = new QueueReceiver();

    /** Reads what a test feeds, and an end for an empty string. */
    private static final class Scripted implements BlockingConnection {
        final BlockingQueue<String> input = new LinkedBlockingQueue<>();
        final CompletableFuture<Boolean> closedInGoodOrder = new CompletableFuture<>();

        @Override
        public int read(ByteBuffer target) throws IOException {
            try {
                ByteBuffer bytes = UTF_8.encode(input.take());
                int length = bytes.remaining();
                target.put(bytes);
                return length == 0 ? -1 : length;
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
        }

        @Override
        public int write(ByteBuffer source) {
            int length = source.remaining();
            source.position(source.limit());
            return length;
        }

        @Override
        public void finishOutput() {}

        @Override
        public void close(boolean inGoodOrder) {
            closedInGoodOrder.complete(inGoodOrder);
            input.add(""); // wakes the reader
        }

        @Override
        public boolean resets() {
            return true;
        }
    }

    private Fragment inUse() throws Exception {
        leg.open(receiver);
        leg.demand();
        connection.input.add("in use");
        Fragment fragment = receiver.fragment();
        connection.input.add("not demanded");
        await().until(() -> connection.input.isEmpty());
        return fragment;
    }

    @Test
    void close_whileAFragmentIsInUse_leavesItAlone() throws Exception {
        Fragment fragment = inUse();
        leg.close(CloseReason.normal());
        connection.input.add("dropped after the close");
        connection.input.add("this as well");
        connection.input.add("");
        assertThat(receiver.closed()).isEqualTo(CloseReason.normal());
        assertThat(QueueReceiver.text(fragment)).isEqualTo("in use");
    }

    @Test
    void close_withAnErrorAfterItsHalfClose_isAReset() throws Exception {
        leg.open(receiver);
        leg.send(Fragment.binary(ByteBuffer.allocate(0)));
        assertThat(taskEnded.await(10, TimeUnit.SECONDS)).isTrue(); // the writer's task: the output has ended
        leg.close(new CloseReason(4321, "no good"));
        assertThat(receiver.closed().code()).isEqualTo(4321);
        assertThat(connection.closedInGoodOrder.get(10, TimeUnit.SECONDS)).isFalse();
        assertThat(leg.complete()).isFalse();
    }

    @Test
    void abort_whileAFragmentIsInUse_leavesItAlone() throws Exception {
        Fragment fragment = inUse();
        leg.abort();
        assertThat(receiver.closed().code()).isEqualTo(CloseReason.VANISHED);
        assertThat(taskEnded.await(10, TimeUnit.SECONDS)).isTrue();
        assertThat(QueueReceiver.text(fragment)).isEqualTo("in use");
    }
}
