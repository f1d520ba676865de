package io.github.wsbridge.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.StandardSocketOptions;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What programs expect of sockets. It is run on the JDK's own as well, so that it demands nothing else. */
@Timeout(30)
abstract class SocketBehaviour {

    ServerSocket server;
    Socket near;
    Socket far;
    private Thread worker;

    /** Opens a server socket. */
    abstract ServerSocket serve() throws IOException;

    /** Returns a socket that is not connected. */
    abstract Socket socket() throws IOException;

    /** Connects a socket with the server socket. */
    abstract void connect(Socket socket) throws IOException;

    @BeforeEach
    void open() throws Exception {
        server = serve();
        near = socket();
        connect(near);
        far = server.accept();
    }

    @AfterEach
    void close() throws Exception {
        near.close();
        far.close();
        server.close();
    }

    /** Starts a call, and waits until it is in {@code method}, where it blocks. */
    final <T> FutureTask<T> blocked(String method, Callable<T> call) {
        FutureTask<T> task = new FutureTask<>(call);
        worker = new Thread(task);
        worker.setDaemon(true);
        worker.start();
        await().pollInterval(Duration.ofMillis(5)).until(() -> isIn(method));
        return task;
    }

    private boolean isIn(String method) {
        for (StackTraceElement element : worker.getStackTrace()) {
            if (element.getMethodName().equals(method)) {
                return true;
            }
        }
        return false;
    }

    private static void write(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
    }

    private static String read(Socket socket, int length) throws IOException {
        return new String(socket.getInputStream().readNBytes(length), StandardCharsets.UTF_8);
    }

    @Test
    void socket_states() throws Exception {
        try (Socket fresh = socket()) {
            assertThat(fresh.isConnected()).isFalse();
            assertThat(fresh.isClosed()).isFalse();
            assertThatThrownBy(fresh::getInputStream).isInstanceOf(SocketException.class);
        }
        assertThat(near.isConnected()).isTrue();
        assertThat(near.isBound()).isTrue();
        assertThat(near.getInetAddress()).isNotNull();
        assertThat(near.getRemoteSocketAddress()).isNotNull();
        assertThat(near.getLocalAddress()).isNotNull();
        assertThatThrownBy(() -> connect(near)).isInstanceOf(SocketException.class);
        near.close();
        assertThat(near.isClosed()).isTrue();
        assertThat(near.isConnected()).isTrue();
        assertThatThrownBy(near::getOutputStream).isInstanceOf(SocketException.class);
        assertThatThrownBy(() -> connect(near)).isInstanceOf(SocketException.class);
    }

    @Test
    void halfClose_endsOneDirection() throws Exception {
        write(near, "question");
        near.shutdownOutput();
        assertThat(near.isOutputShutdown()).isTrue();
        assertThatThrownBy(() -> write(near, "more")).isInstanceOf(SocketException.class);
        assertThat(new String(far.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                .isEqualTo("question");
        write(far, "answer");
        far.close();
        assertThat(new String(near.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                .isEqualTo("answer");
        assertThat(near.isClosed()).isFalse();
    }

    @Test
    void read_timeOut_leavesTheSocketUsable() throws Exception {
        near.setSoTimeout(30);
        assertThat(near.getSoTimeout()).isEqualTo(30);
        assertThatThrownBy(() -> read(near, 1)).isInstanceOf(SocketTimeoutException.class);
        near.setSoTimeout(0);
        write(far, "late");
        assertThat(read(near, 4)).isEqualTo("late");
    }

    @Test
    void read_isWokenByClose() throws Exception {
        FutureTask<String> reading = blocked("read", () -> read(near, 1));
        near.close();
        assertThatThrownBy(reading::get).hasCauseInstanceOf(SocketException.class);
    }

    @Test
    void read_isNotWokenByAnInterrupt() throws Exception {
        FutureTask<String> reading =
                blocked("read", () -> read(near, 1) + Thread.currentThread().isInterrupted());
        worker.interrupt();
        write(far, "x");
        assertThat(reading.get()).isEqualTo("xtrue");
        assertThat(near.isClosed()).isFalse();
    }

    private interface Blocking {
        void call() throws IOException;
    }

    /** Interrupts a virtual thread, and returns what its call throws. */
    private static Throwable interrupted(Blocking blocking) throws Exception {
        assumeTrue(Runtime.version().feature() >= 21, "this JDK has no virtual threads");
        ExecutorService threads = (ExecutorService)
                Executors.class.getMethod("newVirtualThreadPerTaskExecutor").invoke(null);
        try {
            CompletableFuture<Thread> started = new CompletableFuture<>();
            Future<Throwable> failure = threads.submit(() -> {
                started.complete(Thread.currentThread());
                try {
                    blocking.call();
                    return new AssertionError("not interrupted");
                } catch (IOException e) {
                    return e;
                }
            });
            Thread thread = started.get();
            await().until(() -> thread.getState() == Thread.State.WAITING);
            thread.interrupt();
            return failure.get();
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void interruptOfAVirtualThread_closesTheSocket() throws Exception {
        assertThat(interrupted(() -> near.getInputStream().read())).isInstanceOf(SocketException.class);
        assertThat(near.isClosed()).isTrue();
        assertThat(interrupted(server::accept)).isInstanceOf(SocketException.class);
        assertThat(server.isClosed()).isTrue();
    }

    @Test
    void interruptedThread_readsAndWrites() throws Exception {
        Thread.currentThread().interrupt();
        try {
            near.setSoTimeout(5_000);
            write(far, "x");
            assertThat(read(near, 1)).isEqualTo("x");
            near.shutdownOutput();
        } finally {
            assertThat(Thread.interrupted()).isTrue();
        }
        assertThat(far.getInputStream().read()).isEqualTo(-1);
    }

    @Test
    void shutdownInput_endsReading_andDoesNotHoldUpTheOtherEnd() throws Exception {
        write(far, "lost");
        await().until(() -> near.getInputStream().available() == 4);
        var input = near.getInputStream();
        near.shutdownInput();
        assertThat(near.isInputShutdown()).isTrue();
        assertThat(input.read()).isEqualTo(-1);
        assertThat(input.available()).isZero();
        assertThatThrownBy(near::getInputStream).isInstanceOf(SocketException.class);
        write(near, "still open");
        assertThat(read(far, 10)).isEqualTo("still open");
    }

    @Test
    void close_withLingerOfZero_isAReset() throws Exception {
        near.setSoLinger(true, 0);
        near.close();
        assertThatThrownBy(() -> far.getInputStream().read()).isInstanceOf(SocketException.class);
    }

    @Test
    void write_afterTheOtherEndHasClosed_fails() {
        assertThatThrownBy(() -> {
                    far.close();
                    while (true) {
                        write(near, "anybody there?");
                    }
                })
                .isInstanceOf(SocketException.class);
    }

    @Test
    void options_ofTcpSockets() throws Exception {
        near.setTcpNoDelay(true);
        assertThat(near.getTcpNoDelay()).isTrue();
        near.setKeepAlive(true);
        assertThat(near.getKeepAlive()).isTrue();
        near.setSoLinger(true, 3);
        assertThat(near.getSoLinger()).isEqualTo(3);
        near.setSoLinger(false, 0);
        assertThat(near.getSoLinger()).isEqualTo(-1);
        near.setSendBufferSize(20_000);
        near.setReceiveBufferSize(20_000);
        assertThat(near.getSendBufferSize()).isPositive();
        assertThat(near.getReceiveBufferSize()).isPositive();
        near.setTrafficClass(0x10);
        near.setReuseAddress(true);
        near.setPerformancePreferences(1, 0, 0);
        near.setOption(StandardSocketOptions.TCP_NODELAY, false);
        assertThat(near.getOption(StandardSocketOptions.TCP_NODELAY)).isFalse();
        assertThat(near.supportedOptions()).contains(StandardSocketOptions.SO_KEEPALIVE);
        assertThatThrownBy(() -> near.setOption(StandardSocketOptions.IP_MULTICAST_LOOP, true))
                .isInstanceOf(UnsupportedOperationException.class);
    }

    @Test
    void accept_timesOut_andIsNotWokenByAnInterrupt() throws Exception {
        server.setSoTimeout(30);
        assertThatThrownBy(server::accept).isInstanceOf(SocketTimeoutException.class);
        server.setSoTimeout(0);
        FutureTask<Socket> accepting = blocked("accept", server::accept);
        worker.interrupt();
        try (Socket next = socket()) {
            connect(next);
            accepting.get().close();
        }
    }

    @Test
    void accept_isWokenByClose() throws Exception {
        FutureTask<Socket> accepting = blocked("accept", server::accept);
        server.close();
        assertThatThrownBy(accepting::get).hasCauseInstanceOf(SocketException.class);
        assertThatThrownBy(server::accept).isInstanceOf(SocketException.class);
        assertThat(server.isClosed()).isTrue();
    }
}
