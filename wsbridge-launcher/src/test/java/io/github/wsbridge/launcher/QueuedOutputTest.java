package io.github.wsbridge.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class QueuedOutputTest {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void write_readerThatKeepsUp_getsAllInOrder() throws Exception {
        ByteArrayOutputStream read = new ByteArrayOutputStream();
        QueuedOutput output = new QueuedOutput("test", read, true);
        StringBuilder expected = new StringBuilder();
        for (int i = 0; i < 10_000; i++) {
            output.write(bytes(i + "\n"));
            expected.append(i).append('\n');
        }
        output.drain(PATIENCE);
        assertThat(read.toString(StandardCharsets.UTF_8)).isEqualTo(expected.toString());
    }

    @Test
    void write_nobodyReads_neverBlocksAndDropsWithACount() throws Exception {
        CountDownLatch reading = new CountDownLatch(1);
        ByteArrayOutputStream read = new ByteArrayOutputStream();
        QueuedOutput output = new QueuedOutput("test", blocked(reading, read), true);
        byte[] line = bytes("x".repeat(1023) + "\n");
        int lines = QueuedOutput.MOST / line.length;
        for (int i = 0; i < lines + 7; i++) {
            output.write(line);
        }
        output.drain(Duration.ofMillis(1)); // gives up
        assertThat(read.size()).isZero();
        reading.countDown();
        output.drain(PATIENCE);
        assertThat(read.toString(StandardCharsets.UTF_8).lines())
                .hasSize(lines + 1)
                .last()
                .isEqualTo("wsbridge: 7 log entries could not be written and were dropped");
        output.write(bytes("more\n"));
        output.drain(PATIENCE);
        assertThat(read.toString(StandardCharsets.UTF_8)).endsWith("\nmore\n");
    }

    @Test
    void write_failures_evenAnError_doNotEndIt() throws Exception {
        AtomicInteger calls = new AtomicInteger();
        ByteArrayOutputStream read = new ByteArrayOutputStream();
        QueuedOutput output = new QueuedOutput(
                "test",
                new OutputStream() {
                    @Override
                    public void write(int b) throws IOException {
                        switch (calls.incrementAndGet()) {
                            case 1 -> throw new IOException("no space left on device");
                            case 2 -> throw new OutOfMemoryError("test");
                            default -> read.write(b);
                        }
                    }
                },
                true);
        for (int i = 0; i < 3; i++) {
            output.write('a' + i);
            output.drain(PATIENCE);
        }
        output.write('d');
        output.drain(PATIENCE);
        assertThat(read.toString(StandardCharsets.UTF_8))
                .startsWith("c")
                .contains(" 2 log entries")
                .endsWith("d");
    }

    @Test
    void write_batchThatFails_countsEachEntry() throws Exception {
        CountDownLatch reading = new CountDownLatch(1);
        AtomicInteger writes = new AtomicInteger();
        ByteArrayOutputStream read = new ByteArrayOutputStream();
        OutputStream fails = new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                write(new byte[] {(byte) b}, 0, 1);
            }

            @Override
            public void write(byte[] data, int offset, int length) throws IOException {
                if (writes.incrementAndGet() == 2) { // those that came while the first was being written
                    throw new IOException("no space left on device");
                }
                read.write(data, offset, length);
            }
        };
        QueuedOutput output = new QueuedOutput("test", blocked(reading, fails), true);
        output.write('0');
        Awaitility.await().until(() -> output.waiting() == 0); // it is being written
        for (int i = 1; i <= 3; i++) {
            output.write('0' + i);
        }
        reading.countDown();
        output.drain(PATIENCE);
        output.write('4');
        output.drain(PATIENCE);
        assertThat(read.toString(StandardCharsets.UTF_8)).startsWith("04").contains(" 3 log entries");
    }

    private static OutputStream blocked(CountDownLatch until, OutputStream then) {
        return new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                write(new byte[] {(byte) b}, 0, 1);
            }

            @Override
            public void write(byte[] data, int offset, int length) throws IOException {
                try {
                    assertThat(until.await(60, TimeUnit.SECONDS)).isTrue();
                } catch (InterruptedException e) {
                    throw new IOException(e);
                }
                then.write(data, offset, length);
            }
        };
    }
}
