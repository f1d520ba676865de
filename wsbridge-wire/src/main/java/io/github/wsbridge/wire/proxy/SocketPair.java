package io.github.wsbridge.wire.proxy;

import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Two joined sockets. The end of one direction is passed on; the other direction may then last for a limited time, since
 * no protocol of the relay's clients goes on with half a connection.
 */
final class SocketPair {

    private static final Logger log = LoggerFactory.getLogger(SocketPair.class);
    private static final int BUFFER = 64 * 1024;

    private final Socket one;
    private final Socket other;
    private final int halfClosedMillis;
    private final CountDownLatch lasting = new CountDownLatch(2);

    SocketPair(Socket one, Socket other, int halfClosedMillis) {
        this.one = one;
        this.other = other;
        this.halfClosedMillis = halfClosedMillis;
    }

    /** Copies both directions, one of them with another thread, until both have ended; the caller closes the sockets. */
    void copy(ThreadFactory threads) throws InterruptedException {
        Thread back = threads.newThread(() -> carry(other, one));
        back.start();
        carry(one, other);
        back.join();
    }

    private void carry(Socket from, Socket to) {
        try {
            byte[] buffer = new byte[BUFFER];
            OutputStream out = to.getOutputStream();
            int count;
            while ((count = from.getInputStream().read(buffer)) >= 0) {
                out.write(buffer, 0, count);
            }
            to.shutdownOutput();
            lasting.countDown();
            if (!lasting.await(halfClosedMillis, TimeUnit.MILLISECONDS)) {
                dropBoth();
            }
        } catch (IOException e) {
            dropBoth();
        } catch (InterruptedException e) {
            dropBoth();
            Thread.currentThread().interrupt();
        }
    }

    /** Which also ends the other direction's thread. */
    private void dropBoth() {
        lasting.countDown();
        drop(one);
        drop(other);
    }

    static void drop(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            log.debug("A socket could not be closed: {}", e.toString());
        }
    }
}
