package io.github.wsbridge.session;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.local.LocalIoHandler;
import io.netty.util.concurrent.DefaultThreadFactory;

/** Daemon threads for sessions on bridges of transports other than Netty's; each is started when it is needed. */
final class SessionLoops {

    private static final EventLoopGroup SHARED = new MultiThreadIoEventLoopGroup(
            Math.min(4, Runtime.getRuntime().availableProcessors()),
            new DefaultThreadFactory("wsbridge-session", true),
            LocalIoHandler.newFactory());

    private SessionLoops() {}

    /** Never shut down. */
    static EventLoopGroup shared() {
        return SHARED;
    }
}
