package io.github.wsbridge.netty;

import io.netty.channel.IoHandle;
import io.netty.channel.IoHandler;
import io.netty.channel.IoHandlerContext;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.IoOps;
import io.netty.channel.IoRegistration;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollIoOps;

/**
 * Epoll that keeps a connection registered while nothing of it is of interest, as between the peer's FIN and the next write
 * that has to wait. Netty's own (4.2.18) removes such a connection from the epoll set, takes it for registered still, and
 * fails when something is of interest again, which costs half-closed connections their lives.
 */
final class KeepingEpoll implements IoHandler {

    private final IoHandler epoll;

    private KeepingEpoll(IoHandler epoll) {
        this.epoll = epoll;
    }

    static IoHandlerFactory newFactory() {
        IoHandlerFactory handlers = EpollIoHandler.newFactory();
        return thread -> new KeepingEpoll(handlers.newHandler(thread));
    }

    @Override
    public void initialize() {
        epoll.initialize();
    }

    @Override
    public int run(IoHandlerContext context) {
        return epoll.run(context);
    }

    @Override
    public void prepareToDestroy() {
        epoll.prepareToDestroy();
    }

    @Override
    public void destroy() {
        epoll.destroy();
    }

    @Override
    public IoRegistration register(IoHandle handle) throws Exception {
        return new Kept(epoll.register(handle));
    }

    @Override
    public void wakeup() {
        epoll.wakeup();
    }

    @Override
    public boolean isCompatible(Class<? extends IoHandle> type) {
        return epoll.isCompatible(type);
    }

    private static final class Kept implements IoRegistration {
        private final IoRegistration registration;
        private volatile boolean used; // before that, nothing of interest means that it is not connected

        Kept(IoRegistration registration) {
            this.registration = registration;
        }

        /** Edge-triggered, so that an error or a hang-up, which epoll always tells of, is told of once. */
        @Override
        public long submit(IoOps ops) {
            if (!ops.equals(EpollIoOps.NONE)) {
                used = true;
                return registration.submit(ops);
            }
            return registration.submit(used ? EpollIoOps.EPOLLET : ops);
        }

        @Override
        public <T> T attachment() {
            return registration.attachment();
        }

        @Override
        public boolean isValid() {
            return registration.isValid();
        }

        @Override
        public boolean cancel() {
            return registration.cancel();
        }
    }
}
