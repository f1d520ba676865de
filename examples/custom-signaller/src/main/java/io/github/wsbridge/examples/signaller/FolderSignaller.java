package io.github.wsbridge.examples.signaller;

import io.github.wsbridge.Invitation;
import io.github.wsbridge.spi.Signaller;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * The node's side: puts invitations into a device's mailbox. The shared folder stands in for any channel that a fleet
 * already has. The node calls {@link #signal} on its own threads, so files are accessed on a separate thread.
 */
public final class FolderSignaller implements Signaller {

    private final Path root;
    private final Semaphore room;
    private final Set<Path> delivered = ConcurrentHashMap.newKeySet();
    private final ScheduledThreadPoolExecutor clerk;

    /** Uses the mailboxes in {@code root}. Each invitation counts towards {@code maxInvitations} until it expires. */
    public FolderSignaller(Path root, int maxInvitations) {
        this.root = root;
        room = new Semaphore(maxInvitations);
        clerk = new ScheduledThreadPoolExecutor(1, task -> {
            Thread thread = new Thread(task, "folder-signaller");
            thread.setDaemon(true);
            return thread;
        });
    }

    @Override
    public CompletionStage<Result> signal(Invitation invitation) {
        if (!room.tryAcquire()) {
            return CompletableFuture.completedFuture(new Result.Throttled("too many pending invitations"));
        }
        CompletableFuture<Result> result = new CompletableFuture<>();
        try {
            clerk.execute(() -> {
                try {
                    result.complete(deliver(invitation));
                } catch (IOException | RuntimeException e) {
                    room.release();
                    result.completeExceptionally(e);
                }
            });
        } catch (RejectedExecutionException e) {
            result.complete(unreachable("the signaller is closed"));
        }
        return result;
    }

    private Result deliver(Invitation invitation) throws IOException {
        long life = Duration.between(Instant.now(), invitation.expiresAt()).toMillis();
        if (life <= 0) {
            return unreachable("the invitation has expired");
        }
        Path mailbox = Mailbox.of(root, invitation.deviceId());
        if (!Files.isDirectory(mailbox)) {
            return unreachable("the device has no mailbox");
        }
        try {
            Path file = Mailbox.put(mailbox, invitation);
            delivered.add(file);
            // The mailbox of a device that does not read it must not keep growing.
            clerk.schedule(() -> takeAway(file), life, TimeUnit.MILLISECONDS);
            return new Result.Delivered();
        } catch (NoSuchFileException e) {
            return unreachable("the device has just left");
        }
    }

    private Result unreachable(String reason) {
        room.release();
        return new Result.Unreachable(reason);
    }

    private boolean takeAway(Path file) throws IOException {
        room.release();
        delivered.remove(file);
        return Files.deleteIfExists(file);
    }

    /** Deletes unread invitations, because they contain tokens. */
    @Override
    public void close() {
        clerk.shutdownNow();
        try {
            clerk.awaitTermination(5, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        UncheckedIOException failure = null;
        for (Path file : delivered) {
            try {
                Files.deleteIfExists(file);
            } catch (IOException e) { // delete the others anyway
                failure = new UncheckedIOException(e);
            }
        }
        if (failure != null) {
            throw failure; // the node logs it
        }
    }
}
