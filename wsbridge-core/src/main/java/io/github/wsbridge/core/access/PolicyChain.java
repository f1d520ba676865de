package io.github.wsbridge.core.access;

import io.github.wsbridge.spi.AccessPolicy;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Asks several policies in turn. The first that knows the client's credential decides: one that denies access with 401,
 * because it knows no credential of this client, leaves the decision to the next. Thread-safe.
 */
public final class PolicyChain implements AccessPolicy {

    private final List<AccessPolicy> policies;

    private PolicyChain(List<AccessPolicy> policies) {
        this.policies = policies;
    }

    /** Returns a policy that asks these in their order; at least one. */
    public static AccessPolicy of(List<? extends AccessPolicy> policies) {
        if (policies.isEmpty()) {
            throw new IllegalArgumentException("no policies");
        }
        return policies.size() == 1 ? policies.get(0) : new PolicyChain(List.copyOf(policies));
    }

    @Override
    public CompletionStage<Access> check(AccessRequest request) {
        return ask(0, request);
    }

    private CompletionStage<Access> ask(int index, AccessRequest request) {
        CompletionStage<Access> answer = policies.get(index).check(request);
        return index == policies.size() - 1
                ? answer
                : answer.thenCompose(access -> access instanceof Access.Denied denied && denied.status() == 401
                        ? ask(index + 1, request)
                        : CompletableFuture.completedFuture(access));
    }
}
