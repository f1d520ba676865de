package io.github.wsbridge.proxy;

import io.github.wsbridge.wire.net.HostPort;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.embedded.EmbeddedChannel;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * What a client says until it is known what it wants, and what it is answered, as bytes. Its codecs run without a
 * connection of their own, so the client may be on any transport. The client's first byte tells the protocol. Not
 * thread-safe.
 */
final class Conversation {

    /** More than any request and the fragment that follows it; the codecs have narrower limits. */
    private static final int MOST = 128 * 1024;

    private final EmbeddedChannel channel = new EmbeddedChannel();
    private @Nullable Dialect dialect;
    private int heard;
    private @Nullable HostPort wish;
    private ByteBuffer rest = ByteBuffer.allocate(0);

    Conversation() {
        // What the codecs hold when a conversation ends midway is garbage, not a leak.
        channel.config().setAllocator(new UnpooledByteBufAllocator(false, true));
    }

    /**
     * Takes what the client has sent.
     *
     * @throws Refusal if it can have no stream; it has been told why, if its protocol can say that
     */
    void hear(ByteBuffer bytes) throws Refusal {
        heard += bytes.remaining();
        if (wish == null && heard > MOST) {
            throw Refusal.malformed("the client's request is too long");
        }
        try {
            if (dialect == null) {
                dialect = dialect(bytes.get(bytes.position()));
            }
            channel.writeInbound(Unpooled.copiedBuffer(bytes));
        } catch (RuntimeException e) { // of a codec
            throw Refusal.malformed("the client's request is malformed");
        }
        for (Object message = channel.readInbound(); message != null; message = channel.readInbound()) {
            if (message instanceof HostPort asked) {
                wish = asked;
            } else if (message instanceof Refusal refusal) {
                throw refusal;
            } else if (message instanceof ByteBuf more) {
                rest = joined(rest, more);
            }
        }
    }

    private Dialect dialect(byte first) throws Refusal {
        if (first == Socks5.VERSION) {
            return Socks5.on(channel);
        }
        if (first == Socks4.VERSION) {
            return Socks4.on(channel);
        }
        if (first >= 'A' && first <= 'Z') {
            return HttpConnect.on(channel);
        }
        throw Refusal.malformed("the client speaks neither SOCKS 5 nor HTTP");
    }

    /** Returns what the client wants; null if it has not said it yet. */
    @Nullable
    HostPort wish() {
        return wish;
    }

    /** Returns what the client sent after its request. */
    ByteBuffer rest() {
        return rest;
    }

    /** Says that the stream stands. */
    void grant() {
        spoken().grant(channel);
    }

    /** Says why there is no stream. */
    void refuse(Refusal why) {
        spoken().refuse(channel, why);
    }

    private Dialect spoken() {
        if (dialect == null) {
            throw new IllegalStateException("nothing was asked");
        }
        return dialect;
    }

    /** Returns the bytes to be sent to the client, possibly none. */
    ByteBuffer said() {
        ByteBuffer said = ByteBuffer.allocate(0);
        for (ByteBuf more = channel.readOutbound(); more != null; more = channel.readOutbound()) {
            said = joined(said, more);
        }
        return said;
    }

    private static ByteBuffer joined(ByteBuffer first, ByteBuf second) {
        ByteBuffer both = ByteBuffer.allocate(first.remaining() + second.readableBytes());
        both.put(first).put(second.nioBuffer()).flip();
        second.release();
        return both;
    }
}
