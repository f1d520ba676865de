package io.github.wsbridge.examples.signaller;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.BridgeId;
import io.github.wsbridge.BridgeToken;
import io.github.wsbridge.Invitation;
import io.github.wsbridge.spi.Signaller;
import io.github.wsbridge.spi.Signaller.Result;
import io.github.wsbridge.testkit.SignallerContract;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FolderSignallerTest extends SignallerContract {

    @TempDir
    Path folder;

    @Override
    protected Signaller newSignaller() {
        return new FolderSignaller(folder, 1000);
    }

    @Override
    protected AutoCloseable startDevice(String deviceId, Device device) throws Exception {
        return startDevice(new FolderSource(folder, deviceId), device);
    }

    @Override
    protected boolean carriesRejections() {
        return false; // a device rejects at its accept URL
    }

    @Override
    protected int kept() {
        try (Stream<Path> files = Files.walk(folder)) {
            return (int) files.filter(Files::isRegularFile).count();
        } catch (IOException | UncheckedIOException e) {
            return 1; // a file was deleted meanwhile
        }
    }

    private static Invitation invitation(Instant expiresAt) {
        URI url = URI.create("wss://bridge.example.com/bridge/accept?bridgeToken=t");
        return new Invitation(new BridgeId(1, 2), "away", new BridgeToken("t"), url, "", "alice", expiresAt);
    }

    private static Result get(FolderSignaller signaller, Instant expiresAt) throws Exception {
        return signaller.signal(invitation(expiresAt)).toCompletableFuture().get(20, TimeUnit.SECONDS);
    }

    @Test
    void close_unreadInvitation_isWithdrawn() throws Exception {
        Files.createDirectory(Mailbox.of(folder, "away"));
        try (FolderSignaller signaller = new FolderSignaller(folder, 1000)) {
            assertThat(get(signaller, Instant.now().plusSeconds(60))).isEqualTo(new Result.Delivered());
            assertThat(kept()).isEqualTo(1);
        }
        assertThat(kept()).isZero();
    }

    @Test
    void signal_invitationThatHasExpired_isNotDelivered() throws Exception {
        Files.createDirectory(Mailbox.of(folder, "away"));
        try (FolderSignaller signaller = new FolderSignaller(folder, 1)) {
            assertThat(get(signaller, Instant.now())).isInstanceOf(Result.Unreachable.class);
            assertThat(get(signaller, Instant.now().plusSeconds(60))).isEqualTo(new Result.Delivered());
        }
    }

    @Test
    void signal_tooManyInvitations_isThrottled() throws Exception {
        Files.createDirectory(Mailbox.of(folder, "away"));
        try (FolderSignaller signaller = new FolderSignaller(folder, 1)) {
            assertThat(get(signaller, Instant.now().plusSeconds(60))).isEqualTo(new Result.Delivered());
            assertThat(get(signaller, Instant.now().plusSeconds(60))).isInstanceOf(Result.Throttled.class);
        }
    }
}
