package io.github.wsbridge.client;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.github.wsbridge.wire.concurrent.TaskThreads;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class BlockingPipesTest {

    private static Pipe nonBlocking() throws IOException {
        Pipe pipe = Pipe.open();
        pipe.source().configureBlocking(false);
        pipe.sink().configureBlocking(false);
        return pipe;
    }

    @Test
    void read_nonBlockingPipe_waitsForData() throws Exception {
        Pipe pipe = nonBlocking();
        BlockingPipes pipes = new BlockingPipes(pipe.source(), pipe.sink(), () -> {});
        ByteBuffer target = ByteBuffer.allocate(100);
        CompletableFuture<Integer> length = new CompletableFuture<>();
        TaskThreads.shared().execute(() -> {
            try {
                length.complete(pipes.read(target));
            } catch (IOException e) {
                length.completeExceptionally(e);
            }
        });
        await().during(50, TimeUnit.MILLISECONDS).until(() -> !length.isDone());
        pipe.sink().write(UTF_8.encode("late"));
        assertThat(length.get(10, TimeUnit.SECONDS)).isEqualTo(4);
        pipes.finishOutput();
        assertThat(pipes.read(target)).isEqualTo(-1);
        pipe.source().close();
    }

    @Test
    void write_fullNonBlockingPipe_waitsForRoom() throws Exception {
        Pipe pipe = nonBlocking();
        BlockingPipes pipes = new BlockingPipes(pipe.source(), pipe.sink(), () -> {});
        while (pipe.sink().write(ByteBuffer.allocate(1000)) > 0) {
            continue;
        }
        CompletableFuture<Integer> length = new CompletableFuture<>();
        TaskThreads.shared().execute(() -> {
            try {
                length.complete(pipes.write(ByteBuffer.allocate(100)));
            } catch (IOException e) {
                length.completeExceptionally(e);
            }
        });
        await().during(50, TimeUnit.MILLISECONDS).until(() -> !length.isDone());
        while (!length.isDone()) {
            pipes.read(ByteBuffer.allocate(10_000));
        }
        assertThat(length.get()).isEqualTo(100);
        pipe.source().close();
        pipe.sink().close();
    }

    @Test
    void aReaderThatHasTakenALittle_isSeen() throws Exception {
        PipedOutputStream output = new PipedOutputStream();
        try (PipedInputStream unread = new PipedInputStream(output, 2 * BlockingPipes.SLICE)) {
            BlockingWriter writer = new BlockingWriter(new BlockingPipes(InputStream.nullInputStream(), output));
            writer.send(ByteBuffer.allocate(Buffers.SIZE));
            TaskThreads.shared().execute(() -> {
                try {
                    writer.run();
                } catch (IOException e) {
                    // The pipe is closed at the end of the test.
                }
            });
            await().atMost(10, TimeUnit.SECONDS).until(() -> writer.written() == 2 * BlockingPipes.SLICE);
            unread.skip(BlockingPipes.SLICE);
            await().atMost(10, TimeUnit.SECONDS).until(() -> writer.written() == 3 * BlockingPipes.SLICE);
        }
    }

    @Test
    void close_streamsWhoseCloseBlocks_doesNotBlock() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        CountDownLatch closed = new CountDownLatch(1);
        OutputStream stuck = new OutputStream() {
            @Override
            public void write(int octet) {}

            @Override
            public void close() throws IOException {
                try {
                    release.await();
                } catch (InterruptedException e) {
                    throw new IOException(e);
                }
                closed.countDown();
            }
        };
        new BlockingPipes(InputStream.nullInputStream(), stuck).close(false);
        release.countDown();
        assertThat(closed.await(10, TimeUnit.SECONDS)).isTrue();
    }
}
