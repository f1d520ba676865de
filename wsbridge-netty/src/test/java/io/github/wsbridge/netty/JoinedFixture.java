package io.github.wsbridge.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.wsbridge.testkit.RawWebSocket;
import io.github.wsbridge.testkit.RawWebSocket.Frame;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;

/** Nodes whose bridges join two Netty legs below fragments, and helpers for the two ends. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
abstract class JoinedFixture {

    NettyCluster cluster;

    @AfterEach
    void nothingIsLeft() {
        await().atMost(Duration.ofSeconds(20)).until(() -> cluster.bridges() == 0);
        cluster.close();
    }

    /** Makes both directions transfer: a leg receives fragments until it has sent something. */
    static void warm(NettyCluster.Ends ends) throws Exception {
        ends.requester().write(RawWebSocket.TEXT, true, "hello");
        assertThat(next(ends.device()).text()).isEqualTo("hello");
        ends.device().write(RawWebSocket.TEXT, true, "welcome");
        assertThat(next(ends.requester()).text()).isEqualTo("welcome");
        ends.requester().write(RawWebSocket.TEXT, true, "so");
        assertThat(next(ends.device()).text()).isEqualTo("so");
        await().pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(2))
                .atMost(NettyCluster.PATIENCE)
                .until(() -> ends.requesterLeg().passesOn() && ends.deviceLeg().passesOn());
    }

    static CompletableFuture<Void> inBackground(Sending sending) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        Thread thread = new Thread(() -> {
            try {
                sending.run();
                done.complete(null);
            } catch (Throwable e) {
                done.completeExceptionally(e);
            }
        });
        thread.setDaemon(true);
        thread.start();
        return done;
    }

    interface Sending {
        void run() throws Exception;
    }

    /** Returns the next frame that is not a ping; answers pings. */
    static Frame next(RawWebSocket raw) throws Exception {
        while (true) {
            Frame received = raw.read();
            if (received.opcode() != 9) {
                return received;
            }
            raw.write(RawWebSocket.PONG, true, received.payload());
        }
    }

    /** Returns the next data message, reassembled; skips control frames. */
    static byte[] message(RawWebSocket raw, int opcode) throws Exception {
        ByteArrayOutputStream whole = new ByteArrayOutputStream();
        boolean begun = false;
        while (true) {
            Frame received = next(raw);
            if (received.opcode() == 0xA) {
                continue;
            }
            assertThat(received.opcode()).isEqualTo(begun ? 0 : opcode);
            begun = true;
            whole.writeBytes(received.payload());
            if (received.last()) {
                return whole.toByteArray();
            }
        }
    }

    static byte[] bytes(int size) {
        byte[] bytes = new byte[size];
        new Random(size).nextBytes(bytes);
        return bytes;
    }

    static Frame endOf(RawWebSocket raw) throws Exception {
        Frame received = next(raw);
        while (received.opcode() != 8) {
            received = next(raw);
        }
        return received;
    }
}
