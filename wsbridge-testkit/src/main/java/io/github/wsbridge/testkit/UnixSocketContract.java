package io.github.wsbridge.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.spi.Leg;
import io.github.wsbridge.spi.StreamTransport;
import java.io.IOException;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The contract of a {@link StreamTransport} with Unix sockets. It is skipped on systems that have none. */
public abstract class UnixSocketContract extends StreamTransportContract {

    private final AtomicInteger count = new AtomicInteger();

    @TempDir
    private Path folder;

    /** Creates the suite. */
    protected UnixSocketContract() {}

    @Override
    protected final SocketAddress address() {
        return UnixDomainSocketAddress.of(path());
    }

    private Path path() {
        return folder.resolve("socket " + count.incrementAndGet());
    }

    @Override
    protected final boolean signalsResets() {
        return false;
    }

    @BeforeEach
    void skipWithoutUnixSockets() throws IOException {
        try {
            SocketChannel.open(StandardProtocolFamily.UNIX).close();
        } catch (UnsupportedOperationException e) {
            Assumptions.abort("no Unix sockets on this system");
        }
    }

    private StreamTransport.Listening listenAt(Path path) throws IOException {
        return transport().listen(UnixDomainSocketAddress.of(path), PLENTY, (leg, client) -> {});
    }

    private static ServerSocketChannel bound(Path path) throws IOException {
        return bound(path, 50);
    }

    private static ServerSocketChannel bound(Path path, int backlog) throws IOException {
        return ServerSocketChannel.open(StandardProtocolFamily.UNIX).bind(UnixDomainSocketAddress.of(path), backlog);
    }

    @Test
    void abort_endsThePeersInput_andFailsItsOutput() throws Exception {
        bothWays((from, to) -> {
            to.demandAlways();
            from.leg().abort();
            assertThat(awaitClosedSoon(from).code()).isEqualTo(CloseReason.VANISHED);
            awaitEnded(to);
            assertThatThrownBy(() -> {
                        while (true) { // the first bytes may get no further than a buffer
                            send(to, Fragment.text("too late"));
                        }
                    })
                    .isInstanceOf(ExecutionException.class);
            assertThat(awaitClosedSoon(to).code()).isEqualTo(CloseReason.VANISHED);
        });
    }

    @Test
    void close_ofTheListener_deletesTheFile() throws Exception {
        Path path = path();
        StreamTransport.Listening listening = listenAt(path);
        assertThat(listening.address()).isEqualTo(UnixDomainSocketAddress.of(path));
        assertThat(path).exists();
        listening.close();
        await().atMost(patience()).until(() -> Files.notExists(path));
    }

    @Test
    void listen_socketThatNobodyListensTo_replacesIt() throws Exception {
        Path path = path();
        bound(path).close();
        assertThat(path).exists();
        assertThatThrownBy(() -> dial(UnixDomainSocketAddress.of(path)))
                .isInstanceOf(ExecutionException.class)
                .hasCauseInstanceOf(IOException.class);
        try (StreamTransport.Listening listening = listenAt(path)) {
            listen(dial(listening.address()));
        }
    }

    @Test
    void listen_socketThatSomebodyListensTo_fails() throws Exception {
        Path path = path();
        try (ServerSocketChannel other = bound(path)) {
            assertThatThrownBy(() -> listenAt(path))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("in use");
            SocketChannel.open(UnixDomainSocketAddress.of(path)).close();
        }
    }

    @Test
    void listen_socketWhoseBacklogIsFull_fails() throws Exception {
        Path path = path();
        List<SocketChannel> waiting = new ArrayList<>();
        try (ServerSocketChannel other = bound(path, 1)) {
            fill(path, waiting);
            assertThatThrownBy(() -> listenAt(path))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("in use");
            other.accept().close();
            SocketChannel.open(UnixDomainSocketAddress.of(path)).close();
        } finally {
            close(waiting);
        }
    }

    @Test
    void dial_backlogIsFull_waitsForRoom() throws Exception {
        Path path = path();
        List<SocketChannel> waiting = new ArrayList<>();
        try (ServerSocketChannel other = bound(path, 1)) {
            fill(path, waiting);
            CompletableFuture<Leg> dialling = transport()
                    .dial(UnixDomainSocketAddress.of(path), patience())
                    .toCompletableFuture();
            await().during(Duration.ofMillis(100)).until(() -> !dialling.isDone());
            for (int i = 0; i < waiting.size(); i++) {
                other.accept().close();
            }
            listen(dialling.get(patience().toMillis(), MILLISECONDS));
        } finally {
            close(waiting);
        }
    }

    @Test
    void dial_backlogStaysFull_failsInTime() throws Exception {
        Path path = path();
        List<SocketChannel> waiting = new ArrayList<>();
        try (ServerSocketChannel other = bound(path, 1)) {
            fill(path, waiting);
            assertThatThrownBy(() -> transport()
                            .dial(UnixDomainSocketAddress.of(path), Duration.ofMillis(200))
                            .toCompletableFuture()
                            .get(patience().toMillis(), MILLISECONDS))
                    .isInstanceOf(ExecutionException.class)
                    .hasCauseInstanceOf(IOException.class);
            assertThat(other.isOpen()).isTrue();
        } finally {
            close(waiting);
        }
    }

    /** Connects until the backlog is full; skips the test if that cannot be noticed. */
    private static void fill(Path path, List<SocketChannel> waiting) throws IOException {
        for (int i = 0; i < 100; i++) {
            SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
            channel.configureBlocking(false);
            try {
                channel.connect(UnixDomainSocketAddress.of(path));
                waiting.add(channel);
            } catch (IOException full) {
                channel.close();
                return;
            }
        }
        Assumptions.abort("the system's backlog has no limit");
    }

    private static void close(List<SocketChannel> channels) throws IOException {
        for (SocketChannel channel : channels) {
            channel.close();
        }
    }

    @Test
    void listen_anyOtherFile_failsAndLeavesIt() throws Exception {
        Path file = Files.writeString(path(), "precious");
        Path empty = Files.createFile(path());
        Path directory = Files.createDirectory(path());
        Path stale = path();
        bound(stale).close();
        Path link = Files.createSymbolicLink(path(), stale);
        for (Path path : List.of(file, empty, directory, link)) {
            assertThatThrownBy(() -> listenAt(path)).as("%s", path).isInstanceOf(IOException.class);
            assertThat(path).exists();
        }
        assertThat(file).hasContent("precious");
        assertThat(link).isSymbolicLink();
    }

    @Test
    void pathThatIsTooLong_failsAndSaysSo() {
        Path path = folder.resolve("x".repeat(200));
        assertThatThrownBy(() -> listenAt(path)).isInstanceOf(IOException.class).hasMessageContaining("too long");
        assertThatThrownBy(() -> transport()
                        .dial(UnixDomainSocketAddress.of(path), patience())
                        .toCompletableFuture()
                        .get(patience().toMillis(), MILLISECONDS))
                .hasCauseInstanceOf(IOException.class)
                .hasMessageContaining("too long");
    }

    @Test
    void dial_serverOfAnotherKind_carriesBytes() throws Exception {
        Path path = path();
        try (ServerSocketChannel server = bound(path)) {
            RecordingReceiver near = listen(dial(UnixDomainSocketAddress.of(path)));
            near.demandAlways();
            try (SocketChannel far = server.accept()) {
                far.write(UTF_8.encode("from elsewhere"));
                far.shutdownOutput();
                awaitEnded(near);
            }
            assertThat(stream(near)).asString(UTF_8).isEqualTo("from elsewhere");
        }
    }
}
