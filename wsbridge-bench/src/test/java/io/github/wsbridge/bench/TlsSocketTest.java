package io.github.wsbridge.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
final class TlsSocketTest {

    private static final int SIZE = 1_000_000;

    @TempDir
    private static Path folder;

    private static Processes processes;

    @AfterAll
    static void close() {
        processes.close();
        System.clearProperty(TlsSocket.FOLDER);
    }

    @BeforeAll
    static void createKey() throws Exception {
        System.setProperty(TlsSocket.FOLDER, folder.toString());
        processes = new Processes(folder);
        new TlsFiles(folder).create(processes);
    }

    @ParameterizedTest
    @ValueSource(ints = {1_000, 16_384, 20_000, 300_000})
    void bytes_passBothWays_withAnySizes(int size) throws Exception {
        byte[] content = new byte[SIZE];
        new Random(size).nextBytes(content);
        try (ServerSocketChannel listening = ServerSocketChannel.open().bind(new InetSocketAddress("127.0.0.1", 0))) {
            InetSocketAddress address = (InetSocketAddress) listening.getLocalAddress();
            CompletableFuture<byte[]> received = CompletableFuture.supplyAsync(() -> echo(listening, size));
            try (TlsSocket client = TlsSocket.client(SocketChannel.open(address), address)) {
                ByteBuffer sent = ByteBuffer.wrap(content);
                ByteBuffer back = ByteBuffer.allocateDirect(SIZE);
                while (sent.hasRemaining()) {
                    client.write(piece(sent, size));
                    while (back.position() < sent.position()) {
                        assertThat(client.read(back)).isPositive();
                    }
                }
                client.shutdownOutput();
                byte[] echoed = new byte[SIZE];
                back.flip().get(echoed);
                assertThat(echoed).isEqualTo(content);
            }
            assertThat(received.get(30, TimeUnit.SECONDS)).isEqualTo(content);
        }
    }

    private static ByteBuffer piece(ByteBuffer from, int size) {
        int length = Math.min(size, from.remaining());
        ByteBuffer piece = from.slice(from.position(), length);
        from.position(from.position() + length);
        return piece;
    }

    private static byte[] echo(ServerSocketChannel listening, int size) {
        ByteBuffer all = ByteBuffer.allocate(SIZE);
        ByteBuffer buffer = ByteBuffer.allocateDirect(size);
        try (TlsSocket server = TlsSocket.server(listening.accept())) {
            while (server.read(buffer.clear()) >= 0) {
                all.put(buffer.flip());
                server.write(buffer.flip());
            }
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        return all.array();
    }
}
