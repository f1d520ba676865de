package io.github.wsbridge.jakarta.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyBoolean;
import static org.mockito.Mockito.doAnswer;
import static org.mockito.Mockito.doThrow;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import io.github.wsbridge.spi.Fragment;
import io.github.wsbridge.testkit.RecordingReceiver;
import jakarta.websocket.RemoteEndpoint;
import jakarta.websocket.Session;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ContainerIoTest {

    private static final int LEGS = 3;
    private static final int SECONDS = 20;

    private final Workers workers = new Workers("container-io-test", LEGS);
    private final Semaphore over = new Semaphore(0);
    private final RemoteEndpoint.Basic remote = mock();
    private final Session session = mock();

    ContainerIoTest() {
        when(session.getUserProperties()).thenReturn(new ConcurrentHashMap<>());
        when(session.getBasicRemote()).thenReturn(remote);
        when(session.isOpen()).thenReturn(true);
    }

    @AfterEach
    void down() {
        workers.close();
    }

    private JakartaLeg newLeg() {
        return new JakartaLeg(session, new ContainerIo(session, workers, ended -> over.release()));
    }

    private static Fragment fragment() {
        return Fragment.binary(ByteBuffer.allocate(10));
    }

    @Test
    void abort_whileAllWorkersSend_dropsEachSession() throws Exception {
        CountDownLatch sending = new CountDownLatch(LEGS);
        CountDownLatch never = new CountDownLatch(1);
        doAnswer(call -> {
                    sending.countDown();
                    never.await();
                    return null;
                })
                .when(remote)
                .sendBinary(any(), anyBoolean());
        List<RecordingReceiver> ends = new ArrayList<>();
        for (int i = 0; i < LEGS; i++) {
            ends.add(new RecordingReceiver(newLeg()).open());
        }
        ends.forEach(end -> end.leg().send(fragment()));
        assertThat(sending.await(SECONDS, TimeUnit.SECONDS)).isTrue();
        ends.forEach(end -> end.leg().abort());
        assertThat(over.tryAcquire(LEGS, SECONDS, TimeUnit.SECONDS))
                .as("all sessions dropped")
                .isTrue();
        CountDownLatch free = new CountDownLatch(LEGS);
        for (int i = 0; i < LEGS; i++) {
            workers.execute(() -> {
                free.countDown();
                try {
                    free.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
        }
        assertThat(free.await(SECONDS, TimeUnit.SECONDS)).as("all workers free").isTrue();
    }

    @Test
    void abort_afterTheWorkersAreClosed_stillDropsTheSession() throws Exception {
        JakartaLeg leg = newLeg();
        workers.close();
        leg.abort();
        assertThat(over.tryAcquire(SECONDS, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void send_containerThrowsAnError_fails() throws Exception {
        doThrow(new NoClassDefFoundError("gone")).when(remote).sendBinary(any(), anyBoolean());
        assertThat(newLeg().send(fragment()).toCompletableFuture()).failsWithin(SECONDS, TimeUnit.SECONDS);
    }

    @Test
    void send_containerFails_dropsTheSession() throws Exception {
        doThrow(new IOException("broken pipe")).when(remote).sendBinary(any(), anyBoolean());
        assertThat(newLeg().send(fragment()).toCompletableFuture()).failsWithin(SECONDS, TimeUnit.SECONDS);
        assertThat(over.tryAcquire(SECONDS, TimeUnit.SECONDS)).isTrue();
    }
}
