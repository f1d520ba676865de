package io.github.wsbridge.client.tls;

import java.nio.ByteBuffer;
import java.util.concurrent.Executor;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLException;

/** The JDK's TLS and its buffers: makes records of what is sent, and reads those that arrive. Not thread-safe. */
final class TlsRecords {

    /** How many records are sent at once, at most. */
    private static final int RECORDS = 4;

    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    private final SSLEngine engine;
    private final int recordSize;
    private final ByteBuffer in; // between position and limit: what has arrived and was not read
    private final ByteBuffer out;
    private ByteBuffer plain;

    /** What {@link #read} has found. */
    enum Found {
        /** Part of a record, or nothing. */
        TOO_LITTLE,
        /** A record without data, or one that must be answered before more is read. */
        NO_DATA,
        /** Data, which {@link #data} returns. */
        DATA,
        /** The peer's close_notify. */
        END
    }

    TlsRecords(SSLEngine engine) {
        this.engine = engine;
        recordSize = engine.getSession().getPacketBufferSize();
        in = ByteBuffer.allocate(recordSize).limit(0);
        out = ByteBuffer.allocate(RECORDS * recordSize);
        plain = ByteBuffer.allocate(engine.getSession().getApplicationBufferSize());
    }

    SSLEngine engine() {
        return engine;
    }

    /** Returns whether records must be written before any can be read, because of the handshake or a change of keys. */
    boolean mustWrite() {
        // The engine says so for ever once the peer has ended its direction, for those who do not use half-close.
        return engine.getHandshakeStatus() == HandshakeStatus.NEED_WRAP
                && !engine.isInboundDone()
                && !engine.isOutboundDone();
    }

    boolean handshaking() {
        HandshakeStatus status = engine.getHandshakeStatus();
        return status != HandshakeStatus.NOT_HANDSHAKING && status != HandshakeStatus.FINISHED;
    }

    boolean hasTasks() {
        return engine.getHandshakeStatus() == HandshakeStatus.NEED_TASK;
    }

    /** Runs the engine's tasks, which may take long, and then {@code done}. Nothing else may be called meanwhile. */
    void runTasks(Executor executor, Runnable done) {
        executor.execute(() -> {
            try {
                for (Runnable task = engine.getDelegatedTask(); task != null; task = engine.getDelegatedTask()) {
                    task.run();
                }
            } finally {
                done.run();
            }
        });
    }

    /** Takes what has arrived, as far as there is room. Returns whether there was any. */
    boolean take(ByteBuffer bytes) {
        in.compact();
        int limit = bytes.limit();
        int taken = Math.min(bytes.remaining(), in.remaining());
        bytes.limit(bytes.position() + taken);
        in.put(bytes).flip();
        bytes.limit(limit);
        return taken > 0;
    }

    /**
     * Reads one record.
     *
     * @throws SSLException if it is not what the peer has sent, or not TLS
     */
    Found read() throws SSLException {
        plain.clear();
        SSLEngineResult result = engine.unwrap(in, plain);
        return switch (result.getStatus()) {
            case BUFFER_UNDERFLOW -> {
                if (in.remaining() == in.capacity()) {
                    throw new SSLException("a record is too long");
                }
                yield Found.TOO_LITTLE;
            }
            case BUFFER_OVERFLOW -> {
                plain = ByteBuffer.allocate(
                        Math.max(2 * plain.capacity(), engine.getSession().getApplicationBufferSize()));
                yield read();
            }
            case CLOSED -> Found.END;
            case OK -> {
                if (plain.position() > 0) {
                    yield Found.DATA;
                }
                yield result.bytesConsumed() > 0 ? Found.NO_DATA : Found.TOO_LITTLE;
            }
        };
    }

    /** Returns the data of the last record, in a buffer of its own. */
    ByteBuffer data() {
        plain.flip();
        return ByteBuffer.allocate(plain.remaining()).put(plain).flip();
    }

    /** Begins to collect what is sent at once. */
    void begin() {
        out.clear();
    }

    /** Adds what the engine itself has to say, such as a part of the handshake. */
    void writeOwn() throws SSLException {
        while (mustWrite() && hasRoom()) {
            if (engine.wrap(NOTHING, out).bytesProduced() == 0) {
                return;
            }
        }
    }

    /** Adds records with data, as far as there is room. */
    void write(ByteBuffer data) throws SSLException {
        while (data.hasRemaining() && hasRoom()) {
            if (engine.wrap(data, out).getStatus() == SSLEngineResult.Status.CLOSED) {
                throw new SSLException("the connection is closed");
            }
        }
    }

    /** Adds close_notify, or the alert that says why TLS has failed. Returns whether there was room for it. */
    boolean writeEnd() throws SSLException {
        engine.closeOutbound();
        while (!engine.isOutboundDone() && hasRoom()) {
            if (engine.wrap(NOTHING, out).bytesProduced() == 0) {
                break;
            }
        }
        return engine.isOutboundDone();
    }

    private boolean hasRoom() {
        return out.remaining() >= recordSize;
    }

    /** Returns what has been collected; to be sent before the next {@link #begin}. */
    ByteBuffer collected() {
        return out.flip();
    }
}
