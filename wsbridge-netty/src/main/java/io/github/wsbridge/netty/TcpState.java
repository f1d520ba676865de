package io.github.wsbridge.netty;

import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.epoll.EpollTcpInfo;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** What the kernel knows about a TCP connection, on Linux with epoll. */
final class TcpState {

    /** One probe may be lost, or its answer be under way. */
    private static final int UNANSWERED_PROBES = 2;

    private TcpState() {}

    /**
     * Returns for how long the peer's host has acknowledged nothing, although data or probes of its closed window are
     * waiting for that; zero if none are, or if the kernel cannot be asked. Data counts as waiting once the kernel has
     * sent it again since the last acknowledgment: it pauses for ever longer before it does, also if a stalled receiver
     * has answered, but had to drop what its buffer could not hold after all.
     */
    static Duration unacknowledged(Channel channel) {
        if (!(channel instanceof EpollSocketChannel socket)) {
            return Duration.ZERO;
        }
        EpollTcpInfo info;
        try {
            info = socket.tcpInfo();
        } catch (ChannelException e) {
            return Duration.ZERO; // closed
        }
        boolean sentAgain = info.lastAckRecv() > TimeUnit.MICROSECONDS.toMillis(info.rto());
        boolean owes = info.unacked() > 0 && sentAgain || info.probes() >= UNANSWERED_PROBES;
        return owes ? Duration.ofMillis(info.lastAckRecv()) : Duration.ZERO;
    }
}
