package io.github.wsbridge.netty;

import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelOption;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.epoll.EpollTcpInfo;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** What the kernel knows about a TCP connection, on Linux with epoll. */
final class TcpState {

    /** One probe may be lost, or its answer be under way. */
    private static final int UNANSWERED_PROBES = 2;

    /** Within this round-trip time, {@link #RECEIVE_BUFFER} suffices for several Gbit/s. */
    private static final int NEAR_MICROS = 1_000;

    /** The kernel doubles it for its own overhead. No more than Linux permits by default. */
    private static final int RECEIVE_BUFFER = 208 * 1024;

    private TcpState() {}

    /**
     * Limits what the kernel may receive in advance from a peer nearby. Left to itself, the kernel lets the buffer of a
     * fast connection grow to several megabytes, which stay occupied if the bridge's reader stalls, and a few hundred
     * such bridges slow down every connection of the machine. A connection over a longer distance needs that buffer.
     */
    static void limitReceiveBuffer(Channel channel) {
        EpollTcpInfo info = info(channel);
        if (info != null && info.rtt() > 0 && info.rtt() < NEAR_MICROS) { // 0: not measured, as after SYN cookies
            try {
                channel.config().setOption(ChannelOption.SO_RCVBUF, RECEIVE_BUFFER);
            } catch (ChannelException e) {
                // closed
            }
        }
    }

    /**
     * Returns for how long the peer's host has acknowledged nothing, although data or probes of its closed window are
     * waiting for that; zero if none are, or if the kernel cannot be asked.
     */
    static Duration unacknowledged(Channel channel) {
        EpollTcpInfo info = info(channel);
        if (info == null || info.unacked() == 0 && info.probes() < UNANSWERED_PROBES) {
            return Duration.ZERO;
        }
        return Duration.ofMillis(info.lastAckRecv());
    }

    private static @Nullable EpollTcpInfo info(Channel channel) {
        if (!(channel instanceof EpollSocketChannel socket)) {
            return null;
        }
        try {
            return socket.tcpInfo();
        } catch (ChannelException e) {
            return null; // closed
        }
    }
}
