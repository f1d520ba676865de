package io.github.wsbridge.core;

import io.github.wsbridge.spi.Leg;
import java.time.Duration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What a node says to a {@link Handshake}. The transport carries it out. */
public sealed interface Admission {

    /**
     * Refuse before the upgrade.
     *
     * @param status the HTTP status
     * @param reason a short plain-text body; never a secret
     * @param retryAfter when to try again, for the {@code Retry-After} field in whole seconds; null for no such field
     */
    record Refused(int status, String reason, @Nullable Duration retryAfter) implements Admission {}

    /**
     * Upgrade.
     *
     * @param subprotocol the subprotocol to agree on; empty for none
     * @param opened takes the leg once the upgrade is done; called at most once, does not block. A transport whose upgrade
     *     fails just drops the admission.
     */
    record Granted(String subprotocol, Consumer<Leg> opened) implements Admission {}
}
