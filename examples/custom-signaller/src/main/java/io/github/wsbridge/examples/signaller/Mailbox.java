package io.github.wsbridge.examples.signaller;

import io.github.wsbridge.Invitation;
import io.github.wsbridge.wire.message.InvitationJson;
import io.github.wsbridge.wire.message.MalformedMessageException;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** The layout of the folder: {@code ROOT/to-DEVICE/BRIDGE.invitation}. A device has a mailbox while it is listening. */
final class Mailbox {

    static final String SUFFIX = ".invitation";

    private Mailbox() {}

    /** The prefix keeps device ids such as {@code ..} inside the root. */
    static Path of(Path root, String deviceId) {
        return root.resolve("to-" + URLEncoder.encode(deviceId, StandardCharsets.UTF_8));
    }

    /** Writes an invitation atomically. The file contains a token, so only its owner can access it. */
    static Path put(Path mailbox, Invitation invitation) throws IOException {
        Path draft = Files.createTempFile(mailbox, "", ".draft");
        try {
            Files.writeString(draft, InvitationJson.format(invitation));
            Path file = mailbox.resolve(invitation.bridgeId() + SUFFIX);
            return Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(draft);
        }
    }

    /** Reads and deletes an invitation, so that it is received once. Fails if the file contains anything else. */
    static Invitation take(Path file, String deviceId) throws IOException {
        String text = Files.readString(file);
        Files.delete(file);
        try {
            return InvitationJson.parse(text, deviceId);
        } catch (MalformedMessageException e) {
            throw new IOException("not an invitation: " + file.getFileName() + ": " + e.getMessage());
        }
    }
}
