package io.github.wsbridge.examples.signaller;

import io.github.wsbridge.BridgeId;
import io.github.wsbridge.BridgeToken;
import io.github.wsbridge.Invitation;
import java.io.IOException;
import java.io.Reader;
import java.io.Writer;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.Properties;

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
        Properties fields = new Properties();
        fields.setProperty("bridgeId", invitation.bridgeId().toString());
        fields.setProperty("bridgeToken", invitation.token().value());
        fields.setProperty("acceptUrl", invitation.acceptUrl().toString());
        fields.setProperty("requestData", invitation.requestData());
        fields.setProperty("principal", invitation.principal());
        fields.setProperty("expiresAt", invitation.expiresAt().toString());
        Path draft = Files.createTempFile(mailbox, "", ".draft");
        try {
            try (Writer out = Files.newBufferedWriter(draft)) {
                fields.store(out, null);
            }
            Path file = mailbox.resolve(invitation.bridgeId() + SUFFIX);
            return Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(draft);
        }
    }

    /** Reads and deletes an invitation, so that it is received once. Fails if the file contains anything else. */
    static Invitation take(Path file, String deviceId) throws IOException {
        Properties fields = new Properties();
        try (Reader in = Files.newBufferedReader(file)) {
            fields.load(in);
        }
        Files.delete(file);
        try {
            return new Invitation(
                    BridgeId.parse(field(fields, "bridgeId")),
                    deviceId,
                    new BridgeToken(field(fields, "bridgeToken")),
                    URI.create(field(fields, "acceptUrl")),
                    field(fields, "requestData"),
                    field(fields, "principal"),
                    Instant.parse(field(fields, "expiresAt")));
        } catch (RuntimeException e) {
            throw new IOException("not an invitation: " + file.getFileName()); // its content is a secret
        }
    }

    private static String field(Properties fields, String name) throws IOException {
        String value = fields.getProperty(name);
        if (value == null) {
            throw new IOException("an invitation without " + name);
        }
        return value;
    }
}
