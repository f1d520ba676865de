package io.github.wsbridge.examples.signaller;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.spi.InvitationSource;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The device's side: watches its mailbox, which exists for as long as the device is listening. */
public final class FolderSource implements InvitationSource {

    private static final Logger log = LoggerFactory.getLogger(FolderSource.class);

    /** Some platforms report changes late, so the mailbox is also polled. */
    private static final long LOOK_MILLIS = 500;

    private final String deviceId;
    private final Path mailbox;
    private volatile boolean closed;

    /** Receives invitations for {@code deviceId} in {@code root}. */
    public FolderSource(Path root, String deviceId) {
        this.deviceId = deviceId;
        this.mailbox = Mailbox.of(root, deviceId);
    }

    @Override
    public void start(Sink sink) {
        Thread thread = new Thread(() -> watch(sink), "folder-source");
        thread.setDaemon(true);
        thread.start();
    }

    private void watch(Sink sink) {
        try (WatchService changes = mailbox.getFileSystem().newWatchService()) {
            Files.createDirectories(mailbox);
            mailbox.register(changes, StandardWatchEventKinds.ENTRY_CREATE);
            sink.listening();
            while (!closed) {
                readAll(sink);
                WatchKey key = changes.poll(LOOK_MILLIS, TimeUnit.MILLISECONDS);
                if (key != null) {
                    key.pollEvents();
                    key.reset();
                }
            }
        } catch (IOException | InterruptedException | RuntimeException e) {
            if (!closed) {
                log.warn("Cannot watch the mailbox of {}: {}", deviceId, e.toString());
                sink.ended(CloseReason.vanished("the mailbox cannot be watched"));
            }
        }
    }

    private void readAll(Sink sink) throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(mailbox, "*" + Mailbox.SUFFIX)) {
            for (Path file : files) {
                try {
                    sink.offer(Mailbox.take(file, deviceId));
                } catch (IOException e) {
                    log.warn("Skipping a file in the mailbox of {}: {}", deviceId, e.toString());
                    Files.deleteIfExists(file);
                }
            }
        }
    }

    /** Deletes the mailbox, so that the node knows that the device is not listening. */
    @Override
    public void close() {
        closed = true;
        try (DirectoryStream<Path> files = Files.newDirectoryStream(mailbox)) {
            for (Path file : files) {
                Files.deleteIfExists(file);
            }
            Files.deleteIfExists(mailbox);
        } catch (IOException e) {
            log.debug("Cannot delete the mailbox of {}: {}", deviceId, e.toString());
        }
    }
}
