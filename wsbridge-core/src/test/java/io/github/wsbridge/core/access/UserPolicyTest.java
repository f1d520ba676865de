package io.github.wsbridge.core.access;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.Query;
import io.github.wsbridge.spi.AccessPolicy;
import io.github.wsbridge.spi.AccessPolicy.Access;
import io.github.wsbridge.spi.AccessPolicy.AccessRequest;
import io.github.wsbridge.spi.AccessPolicy.Action;
import io.github.wsbridge.spi.Peer;
import java.security.Principal;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class UserPolicyTest {

    private static final Access GRANTED = new Access.Granted("al");

    private static Access ask(AccessPolicy policy, Action action, String device, Principal user) {
        Peer peer = new Peer("", List.of(), "", Optional.ofNullable(user));
        return policy.check(new AccessRequest(action, device, Query.parse("principal=al"), name -> List.of("al"), peer))
                .toCompletableFuture()
                .join();
    }

    @ParameterizedTest
    @CsvSource({
        "CONNECT, pump, true",
        "LISTEN, al, true",
        "LISTEN, pump, false",
        "ACCEPT, al, true",
        "ACCEPT, pump, false",
        "EXPOSE, al, false"
    })
    void user_connectsToAll_andListensAsTheDeviceOfItsNameOnly(Action action, String device, boolean granted) {
        assertThat(ask(UserPolicy.create(), action, device, () -> "al"))
                .isEqualTo(granted ? GRANTED : new Access.Denied(403));
    }

    @ParameterizedTest
    @EnumSource
    void nobody_hasNoAccess(Action action) {
        assertThat(ask(UserPolicy.of((user, request) -> true), action, "al", null))
                .isEqualTo(new Access.Denied(401));
    }

    @Test
    void signedUrl_isNotGranted_whateverTheRuleSays() {
        assertThat(ask(UserPolicy.of((user, request) -> true), Action.CONNECT_SIGNED, "pump", () -> "al"))
                .isEqualTo(new Access.Denied(401));
    }

    @Test
    void ownRule_decides() {
        AccessPolicy policy =
                UserPolicy.of((user, request) -> request.deviceId().startsWith(user.getName()));
        assertThat(ask(policy, Action.CONNECT, "al-1", () -> "al")).isEqualTo(GRANTED);
        assertThat(ask(policy, Action.CONNECT, "pump", () -> "al")).isEqualTo(new Access.Denied(403));
    }
}
