package io.github.wsbridge.core.access;

import io.github.wsbridge.spi.AccessPolicy;
import java.security.Principal;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BiPredicate;

/**
 * Grants access to whom the server that the node is embedded in has authenticated ({@code Peer.user}), such as a
 * servlet container or the application's security framework. Nobody else has access: no URLs are signed, because
 * whether their users still have access could not be checked. Thread-safe if its rule is.
 *
 * <p>A user who loses a permission keeps the bridges and the listen socket that it gave.
 */
public final class UserPolicy implements AccessPolicy {

    private final BiPredicate<Principal, AccessRequest> rule;

    private UserPolicy(BiPredicate<Principal, AccessRequest> rule) {
        this.rule = rule;
    }

    /**
     * Returns a policy by which any user may connect to any device, and listen and accept as the device of the same
     * name only. If not all users may connect, the server must refuse the others.
     */
    public static UserPolicy create() {
        return of((user, request) -> switch (request.action()) {
            case CONNECT -> true;
            case LISTEN, ACCEPT -> user.getName().equals(request.deviceId());
            default -> false;
        });
    }

    /**
     * Returns a policy with a rule of its own.
     *
     * @param rule whether the user may do what is requested; must not block, and must deny actions that it does not
     *     know
     */
    public static UserPolicy of(BiPredicate<Principal, AccessRequest> rule) {
        return new UserPolicy(rule);
    }

    @Override
    public CompletionStage<Access> check(AccessRequest request) {
        return CompletableFuture.completedFuture(decide(request));
    }

    private Access decide(AccessRequest request) {
        Principal user = request.peer().user().orElse(null);
        if (user == null || request.action() == Action.CONNECT_SIGNED) {
            return new Access.Denied(401);
        }
        return rule.test(user, request) ? new Access.Granted(user.getName()) : new Access.Denied(403);
    }
}
