package io.github.wsbridge.core.access;

import io.github.wsbridge.Endpoints;
import io.github.wsbridge.spi.AccessPolicy;
import io.github.wsbridge.wire.files.Reloaded;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.List;
import java.util.concurrent.CompletionStage;

/**
 * Grants access by the API keys in a file that may change while the node runs; see {@link ApiKeyPolicy} for its form.
 * Thread-safe.
 *
 * <p>The program calls {@link #look} every few seconds and, when that returns true, {@code BridgeNode.endRevoked}, so
 * that devices with a revoked key stop listening.
 *
 * <p>A bridge counts as revoked if its requester's key has been revoked, or a key with which its device may have been
 * listening when the bridge was requested.
 */
public final class ApiKeyFile implements AccessPolicy {

    private final Reloaded<ApiKeyPolicy> keys;

    private ApiKeyFile(Reloaded<ApiKeyPolicy> keys) {
        this.keys = keys;
    }

    /**
     * Reads a key file. Blocks briefly.
     *
     * @throws IOException if it cannot be read
     * @throws IllegalArgumentException if a line is invalid; the message contains the line number
     */
    public static ApiKeyFile read(Path file) throws IOException {
        try {
            return new ApiKeyFile(new Reloaded<>("API keys " + file, List.of(file), () -> ApiKeyPolicy.read(file)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e); // only files with keys of other kinds
        }
    }

    /**
     * Reads the file again if its content has changed. If it is invalid then, a warning is logged and the old keys stay
     * valid. Blocks briefly.
     *
     * @param now whether to take a change at once. Otherwise it is taken once two calls in a row have seen it, so that
     *     a file that is being written is not read half.
     * @return whether the keys have changed
     */
    public boolean look(boolean now) {
        return keys.look(now);
    }

    @Override
    public CompletionStage<Access> check(AccessRequest request) {
        ApiKeyPolicy current = keys.get();
        return current.check(request)
                .thenApply(access -> access instanceof Access.Granted granted
                        ? new Access.Granted(granted.principal(), grant(current, request)::valid)
                        : access);
    }

    private Grant grant(ApiKeyPolicy by, AccessRequest request) {
        Action action = request.action();
        String proof = action == Action.CONNECT_SIGNED
                ? String.valueOf(request.query().get(Endpoints.PRINCIPAL))
                : ApiKeyPolicy.hash(request.headers().only(Endpoints.API_KEY_HEADER));
        List<String> listeners = action == Action.LISTEN ? List.of() : by.listenersOf(request.deviceId());
        return new Grant(proof, action, request.deviceId(), listeners);
    }

    /** What was granted, without the request, whose headers are large, and all other keys of that time. */
    private final class Grant {
        private final String proof; // the key's hash, or the principal of a signed URL
        private final Action action;
        private final String deviceId;
        private final List<String> listeners; // the hashes of the keys with which the device may be listening

        Grant(String proof, Action action, String deviceId, List<String> listeners) {
            this.proof = proof;
            this.action = action;
            this.deviceId = deviceId;
            this.listeners = listeners;
        }

        boolean valid() {
            ApiKeyPolicy now = keys.get();
            boolean permitted = action == Action.CONNECT_SIGNED
                    ? now.permitsSigned(proof, deviceId)
                    : now.permits(proof, action, deviceId);
            return permitted && listeners.stream().allMatch(hash -> now.permits(hash, Action.LISTEN, deviceId));
        }
    }
}
