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
 * Epoll that keeps a channel registered while it is interested in no event, such as after the peer's FIN. Netty 4.2.18
 * removes such a channel from the epoll set but still considers it registered. The next change of interest then fails
 * with ENOENT and closes the channel, so half-closed connections break as soon as a write has to wait.
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
        // false until the channel is connected: having no interest is correct before that
        private volatile boolean used;

        Kept(IoRegistration registration) {
            this.registration = registration;
        }

        /** Edge-triggered, so that errors and hang-ups, which epoll always reports, are reported only once. */
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
