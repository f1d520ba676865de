package io.github.wsbridge.netty;

import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.epoll.EpollTcpInfo;
import java.time.Duration;

/** What the kernel knows about a TCP connection, on Linux with epoll. */
final class TcpState {

    /** One probe may be lost, or its answer be under way. */
    private static final int UNANSWERED_PROBES = 2;

    /** How long an acknowledgment may be under way. */
    private static final long ANSWER_MILLIS = 1_000;

    private TcpState() {}

    /**
     * Returns for how long the peer's host has acknowledged nothing, although data or probes of its closed window are
     * waiting for that; zero if none are, or if the kernel cannot be asked. Data counts as waiting once the kernel has
     * sent some since the last acknowledgment: it pauses for ever longer before it sends it again, also if a stalled
     * receiver has answered, but had to drop what its buffer could not hold after all.
     */
    static Duration unacknowledged(Channel channel) {
        if (!(channel instanceof EpollSocketChannel socket)) {
            return Duration.ZERO;
        }
        try {
            EpollTcpInfo info = socket.tcpInfo();
            return unacknowledged(info.unacked(), info.probes(), info.lastDataSent(), info.lastAckRecv());
        } catch (ChannelException e) {
            return Duration.ZERO; // closed
        }
    }

    /** @param sent, acknowledged how many milliseconds ago data was last sent, and an acknowledgment last received */
    static Duration unacknowledged(long unacked, long probes, long sent, long acknowledged) {
        // Not from the retransmission time-out: the kernel's timer may be late by an eighth of it.
        boolean unanswered = sent >= ANSWER_MILLIS && acknowledged - sent >= ANSWER_MILLIS;
        boolean owes = unacked > 0 && unanswered || probes >= UNANSWERED_PROBES;
        return owes ? Duration.ofMillis(acknowledged) : Duration.ZERO;
    }
}
