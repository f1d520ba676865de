package io.github.wsbridge.examples.signaller;

import io.github.wsbridge.Invitation;
import io.github.wsbridge.spi.Signaller;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * The node's side: puts invitations into the mailbox of a device. A shared folder stands here for whatever channel a fleet
 * already has. The node calls {@link #signal} on its own threads, so files are touched on another one.
 */
public final class FolderSignaller implements Signaller {

    private final Path root;
    private final ScheduledThreadPoolExecutor clerk;

    /** Signals by the mailboxes in {@code root}. */
    public FolderSignaller(Path root) {
        this.root = root;
        clerk = new ScheduledThreadPoolExecutor(1, task -> {
            Thread thread = new Thread(task, "folder-signaller");
            thread.setDaemon(true);
            return thread;
        });
        clerk.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    }

    @Override
    public CompletionStage<Result> signal(Invitation invitation) {
        CompletableFuture<Result> result = new CompletableFuture<>();
        try {
            clerk.execute(() -> {
                try {
                    result.complete(deliver(invitation));
                } catch (IOException | RuntimeException e) {
                    result.completeExceptionally(e);
                }
            });
        } catch (RejectedExecutionException e) {
            result.complete(new Result.Unreachable("the signaller is closed"));
        }
        return result;
    }

    private Result deliver(Invitation invitation) throws IOException {
        Path mailbox = Mailbox.of(root, invitation.deviceId());
        if (!Files.isDirectory(mailbox)) {
            return new Result.Unreachable("the device has no mailbox");
        }
        try {
            Path file = Mailbox.put(mailbox, invitation);
            // A device that does not read its mail must not let it pile up.
            long life = Duration.between(Instant.now(), invitation.expiresAt()).toMillis();
            clerk.schedule(() -> Files.deleteIfExists(file), Math.max(0, life), TimeUnit.MILLISECONDS);
            return new Result.Delivered();
        } catch (NoSuchFileException e) {
            return new Result.Unreachable("the device has just left");
        }
    }

    @Override
    public void close() {
        clerk.shutdownNow();
    }
}
