package io.github.wsbridge.core.signalling;

import io.github.wsbridge.BridgeId;
import io.github.wsbridge.CloseReason;
import io.github.wsbridge.Invitation;
import io.github.wsbridge.TraceContext;
import io.github.wsbridge.spi.SetupTracer;
import io.github.wsbridge.spi.SetupTracer.Kind;
import io.github.wsbridge.spi.SetupTracer.Step;
import io.github.wsbridge.spi.Signaller.Result;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The spans of secondary channels. A channel need not answer, so they end at the latest when the bridge is decided. */
public final class SignalSpans {

    static final CloseReason BROKEN = new CloseReason(CloseReason.UNREACHABLE, "the secondary channel failed");

    private final SetupTracer tracer;
    private final Function<BridgeId, CompletionStage<?>> settled;

    /** @param settled returns what completes when a bridge no longer waits for its device */
    public SignalSpans(SetupTracer tracer, Function<BridgeId, CompletionStage<?>> settled) {
        this.tracer = tracer;
        this.settled = settled;
    }

    SetupTracer.Span start(Invitation invitation, String channel) {
        Step step = new Step(Kind.SIGNAL, invitation.bridgeId(), invitation.deviceId(), null, channel, "");
        SetupTracer.Span span = tracer.start(step, invitation.trace(), TraceContext.NONE);
        if (tracer != SetupTracer.NONE) {
            settled.apply(invitation.bridgeId()).thenRun(() -> span.end(null));
        }
        return span;
    }

    /** Returns the close code that a result means for the requester; null if the invitation is on its way. */
    static @Nullable CloseReason failure(Result said) {
        if (said instanceof Result.Rejected rejected) {
            return CloseReason.rejected(rejected.rejection());
        } else if (said instanceof Result.Unreachable unreachable) {
            return new CloseReason(CloseReason.UNREACHABLE, unreachable.reason());
        } else if (said instanceof Result.Throttled throttled) {
            return new CloseReason(CloseReason.OVER_LIMIT, throttled.reason());
        }
        return null;
    }
}
