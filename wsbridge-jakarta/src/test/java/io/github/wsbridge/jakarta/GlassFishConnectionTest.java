package io.github.wsbridge.jakarta;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyInt;
import static org.mockito.ArgumentMatchers.anyLong;
import static org.mockito.Mockito.doAnswer;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.times;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.mockito.ArgumentCaptor;

/** The streams are GlassFish's; the whole is tested in Payara Micro, as a system test. */
class GlassFishConnectionTest {

    private final ServletInputStream in = mock();
    private final ServletOutputStream out = mock();
    private final AsyncContext request = mock();
    private final ScheduledExecutorService timer = mock();
    private final FakeSocket socket = new FakeSocket();
    private final List<String> events = new ArrayList<>();
    private GlassFishConnection connection;

    private static final class FakeSocket implements GlassFishConnection.Socket {
        private final List<String> calls = new ArrayList<>();
        private boolean open = true;

        @Override
        public boolean isOpen() {
            return open;
        }

        @Override
        public void close() {
            calls.add("close");
        }

        @Override
        public void terminate() {
            calls.add("terminate");
        }
    }

    @BeforeEach
    void open() throws IOException {
        ServletRequest incoming = mock();
        ServletResponse response = mock();
        when(request.getRequest()).thenReturn(incoming);
        when(request.getResponse()).thenReturn(response);
        when(incoming.getInputStream()).thenReturn(in);
        when(response.getOutputStream()).thenReturn(out);
        doAnswer(start -> {
                    start.getArgument(0, Runnable.class).run();
                    return null;
                })
                .when(request)
                .start(any());
        connection = new GlassFishConnection(request, socket, timer);
        connection.listen(new UpgradedConnection.Events() {
            @Override
            public void readable() {
                events.add("readable");
            }

            @Override
            public void writable() {
                events.add("writable");
            }

            @Override
            public void lost() {
                events.add("lost");
            }
        });
    }

    @Test
    void whileTheContainerMayRead_theStreamIsNotTouched() throws IOException {
        assertThat(connection.read(ByteBuffer.allocate(10))).isZero();
        verify(in, never()).isReady();

        connection.onDataAvailable();
        when(in.isReady()).thenReturn(true, false);
        when(in.read(any(), anyInt(), anyInt())).thenReturn(3);
        ByteBuffer into = ByteBuffer.allocate(10);
        assertThat(connection.read(into)).isEqualTo(3);
        assertThat(into.position()).isEqualTo(3);
        assertThat(connection.read(into)).isZero();
        assertThat(connection.read(into)).isZero();
        verify(in, times(2)).isReady(); // the last read did not ask: the container reads again
    }

    @Test
    void dataBeforeAnybodyWaits_isNotMissed_andIsToldOnce() {
        connection.onDataAvailable();
        assertThat(events).isEmpty();
        connection.awaitReadable();
        assertThat(events).containsExactly("readable");
        connection.awaitReadable();
        assertThat(events).containsExactly("readable");
        connection.onDataAvailable();
        assertThat(events).containsExactly("readable", "readable");
    }

    @Test
    void endOfTheBody_isTheEndOfTheStream() throws IOException {
        connection.awaitReadable();
        connection.onAllDataRead();
        assertThat(events).containsExactly("readable");
        assertThat(connection.read(ByteBuffer.allocate(10))).isEqualTo(-1);
    }

    @Test
    void failure_isTheLossOfTheConnection() {
        connection.onError(new EOFException());
        assertThat(events).containsExactly("lost");
    }

    @Test
    void write_continuesWhereTheContainerWasFull_andFlushesLast() throws IOException {
        byte[] bytes = new byte[40_000];
        when(out.isReady()).thenReturn(true, true, false, true, false, true);
        assertThat(connection.write(ByteBuffer.wrap(bytes))).isFalse();
        verify(out).write(bytes, 0, 16_384);
        verify(out).write(bytes, 16_384, 16_384);
        long before = connection.progress();
        assertThat(connection.continueWrite()).isFalse();
        verify(out).write(bytes, 32_768, 7_232);
        verify(out, never()).flush();
        assertThat(connection.progress()).isNotEqualTo(before);
        assertThat(connection.continueWrite()).isTrue();
        verify(out).flush();
    }

    @Test
    void write_toAClosedSocket_fails() {
        socket.open = false;
        when(out.isReady()).thenReturn(true);
        assertThatThrownBy(() -> connection.write(ByteBuffer.allocate(1))).isInstanceOf(IOException.class);
    }

    @Test
    void close_letsTheSocketSendWhatItHasForAWhile_andCompletesTheRequestOnce() {
        connection.close();
        connection.close();
        assertThat(socket.calls).containsExactly("close");
        verify(request).complete();
        ArgumentCaptor<Runnable> later = ArgumentCaptor.forClass(Runnable.class);
        verify(timer).schedule(later.capture(), anyLong(), any());
        later.getValue().run();
        assertThat(socket.calls).containsExactly("close", "terminate");
    }

    @Test
    void close_afterTheApplicationHasStopped_dropsTheSocket() {
        when(timer.schedule(any(Runnable.class), anyLong(), any())).thenThrow(new RejectedExecutionException());
        connection.close();
        assertThat(socket.calls).containsExactly("close", "terminate");
        verify(request).complete();
    }

    @Test
    void close_whileAWriteIsStuck_dropsTheSocketFirst() throws IOException {
        connection.write(ByteBuffer.allocate(1));
        doAnswer(complete -> {
                    assertThat(socket.calls).containsExactly("terminate");
                    return null;
                })
                .when(request)
                .complete();
        connection.close();
        verify(request).complete();
    }
}
