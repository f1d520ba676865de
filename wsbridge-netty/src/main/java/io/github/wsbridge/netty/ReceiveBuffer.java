package io.github.wsbridge.netty;

import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.unix.IntegerUnixChannelOption;
import io.netty.channel.unix.RawUnixChannelOption;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Keeps the kernel's receive buffer of a near peer small, on Linux with epoll, since it is filled when reading stops.
 * The kernel sizes it for what arrives within a round trip, which it takes for at least a millisecond long: on a fast,
 * near connection, that is many times what is needed. The buffer is not fixed: the kernel may still enlarge it, so that
 * nothing that it has received is lost. Confined to the channel's event loop.
 */
final class ReceiveBuffer {

    /** What is left of a near peer's buffer at least. */
    static final int LEAST_BYTES = 256 * 1024;

    /** For about 13 Gbit/s, as the kernel counts more than half as much again as it receives from a network. */
    private static final int BYTES_PER_MICRO = 2_600;

    /** A peer is near if no more suffices: twice the default of {@code net.core.rmem_max}. */
    private static final int MOST_BYTES = 416 * 1024;

    private static final int LOOK_BYTES = 512 * 1024;
    private static final int TCP_INFO_BYTES = 152;
    private static final int MIN_RTT = 148; // its offset in the kernel's tcp_info, in microseconds

    private static final RawUnixChannelOption TCP_INFO = new RawUnixChannelOption("TCP_INFO", 6, 11, TCP_INFO_BYTES);

    /** Linux 5.15 and later: whether the sizes of the buffers are fixed, as they are once they have been set. */
    private static final IntegerUnixChannelOption SO_BUF_LOCK = new IntegerUnixChannelOption("SO_BUF_LOCK", 1, 72);

    private static volatile boolean supported = true;

    private final Channel channel;
    private int unseen; // bytes received since the last look

    ReceiveBuffer(Channel channel) {
        this.channel = channel;
    }

    /** Called when the channel has been read. */
    void received(int bytes) {
        unseen += bytes;
        if (unseen >= LOOK_BYTES) {
            unseen = 0;
            if (supported && channel instanceof EpollSocketChannel socket) {
                look(socket);
            }
        }
    }

    private static void look(EpollSocketChannel socket) {
        try {
            if (socket.config().getReceiveBufferSize() > LEAST_BYTES) {
                limit(socket, enough(socket));
            }
        } catch (ChannelException e) {
            supported = supported && !socket.isOpen(); // otherwise it was closed meanwhile
        }
    }

    private static void limit(EpollSocketChannel socket, long bytes) {
        if (bytes <= MOST_BYTES && socket.config().getReceiveBufferSize() > bytes) {
            socket.config().setOption(SO_BUF_LOCK, 0); // fails, if it does, before anything has changed
            socket.config().setReceiveBufferSize((int) bytes / 2); // the kernel doubles it
            socket.config().setOption(SO_BUF_LOCK, 0);
        }
    }

    /** Returns how large a buffer the shortest round trip so far needs. */
    private static long enough(EpollSocketChannel socket) {
        ByteBuffer info = socket.config().getOption(TCP_INFO);
        if (info == null || info.remaining() < TCP_INFO_BYTES) {
            return Long.MAX_VALUE;
        }
        int micros = info.order(ByteOrder.nativeOrder()).getInt(info.position() + MIN_RTT);
        return micros <= 0 ? Long.MAX_VALUE : Math.max(LEAST_BYTES, (long) BYTES_PER_MICRO * micros); // <= 0: not known
    }
}
