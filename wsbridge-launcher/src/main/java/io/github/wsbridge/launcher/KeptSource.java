package io.github.wsbridge.launcher;

import io.github.wsbridge.BridgeToken;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.DeviceState;
import io.github.wsbridge.Invitation;
import io.github.wsbridge.Rejection;
import io.github.wsbridge.spi.InvitationSource;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** A source of invitations whose connection is kept open. */
final class KeptSource implements InvitationSource {

    private final String place;
    private final KeptOpen.Opening<InvitationSource> opening;
    private @Nullable KeptOpen<InvitationSource> kept; // guarded by this, as closed
    private boolean closed;

    KeptSource(String place, KeptOpen.Opening<InvitationSource> opening) {
        this.place = place;
        this.opening = opening;
    }

    @Override
    public synchronized void start(Sink sink) {
        if (!closed) {
            kept = new KeptOpen<>(place, opening, new Forwarding(sink));
        }
    }

    private @Nullable InvitationSource end() {
        KeptOpen<InvitationSource> started;
        synchronized (this) {
            started = kept;
        }
        return started == null ? null : started.end();
    }

    @Override
    public CompletionStage<Boolean> reject(Invitation invitation, Rejection rejection) {
        InvitationSource now = end();
        return now == null ? CompletableFuture.completedFuture(false) : now.reject(invitation, rejection);
    }

    private synchronized boolean isClosed() {
        return closed;
    }

    @Override
    public void close() {
        InvitationSource now = end();
        if (now != null) {
            now.close();
        }
        synchronized (this) {
            closed = true;
            if (kept != null) {
                kept.close();
            }
        }
    }

    /** Passes on everything except that a connection has ended, because there will be another. */
    private final class Forwarding implements KeptOpen.Listener<InvitationSource>, Sink {

        private final Sink sink;

        Forwarding(Sink sink) {
            this.sink = sink;
        }

        @Override
        public void opened(InvitationSource source) {
            source.start(this);
        }

        @Override
        public void failed(String why, Duration pause) {
            state(new DeviceState.Retrying(place, why, pause));
        }

        @Override
        public void listening() {
            if (!isClosed()) {
                sink.listening();
            }
        }

        @Override
        public void state(DeviceState state) {
            if (!isClosed()) {
                sink.state(state);
            }
        }

        @Override
        public CompletionStage<Answer> offer(Invitation invitation) {
            return isClosed() ? CompletableFuture.completedFuture(new Answer.Expired()) : sink.offer(invitation);
        }

        @Override
        public void withdrawn(BridgeToken token) {
            if (!isClosed()) {
                sink.withdrawn(token);
            }
        }

        @Override
        public void ended(CloseReason reason) {}
    }
}
