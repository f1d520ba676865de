package io.github.wsbridge.client.tls;

import io.github.wsbridge.wire.files.KeyText;
import io.github.wsbridge.wire.files.SecretFile;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Trusts a device's key at first use and remembers it in a file, as {@code ssh} does; another key is refused from then
 * on. The first use is the one that can be attacked: compare the fingerprint that is told with what the device prints.
 *
 * <p>Each line of the file is a device id, percent-encoded, a space, and a {@link Fingerprint}. A device may have
 * several lines, of which any counts. Empty lines and lines that begin with {@code #} are skipped. The file is created
 * readable by its owner only, and read for each stream. Programs that add lines at the same time do not lose each
 * other's, and only one of them trusts a new device.
 */
public final class KnownDevices implements DeviceTrust {

    /** Learns of devices that were not known before. */
    @FunctionalInterface
    public interface Introduction {

        /** Called once, after the device's key was written to the file; must not throw. */
        void remembered(String deviceId, Fingerprint fingerprint, Path file);
    }

    private final Path file;
    private final Introduction introduction;

    /**
     * Creates an instance, which reads nothing yet.
     *
     * @param file the file, which need not exist, in a folder that does
     * @param introduction is told of devices that were not known before
     */
    public KnownDevices(Path file, Introduction introduction) {
        this.file = file;
        this.introduction = introduction;
    }

    @Override
    public void check(String deviceId, List<X509Certificate> chain) throws UntrustedException {
        Fingerprint seen = Fingerprint.of(chain.get(0));
        AtomicBoolean added = new AtomicBoolean();
        try {
            if (known(deviceId, seen)) {
                return;
            }
            SecretFile.update(file, text -> {
                if (!keys(deviceId, text).isEmpty()) {
                    return text; // somebody else was faster
                }
                added.set(true);
                String gap = text.isEmpty() || text.endsWith("\n") ? "" : "\n";
                return text + gap + encode(deviceId) + " " + seen + "\n";
            });
            known(deviceId, seen);
        } catch (IOException | IllegalArgumentException e) {
            throw new UntrustedException(
                    "the file of known devices cannot be used",
                    "the file of known devices cannot be used, so no device is trusted: " + e.getMessage());
        }
        if (added.get()) {
            introduction.remembered(deviceId, seen, file);
        }
    }

    /** Returns whether the device has this key; false if nothing is known of the device. */
    private boolean known(String deviceId, Fingerprint seen) throws IOException, UntrustedException {
        List<Fingerprint> keys = Files.exists(file) ? keys(deviceId, KeyText.read(file)) : List.of();
        if (keys.isEmpty() || keys.contains(seen)) {
            return !keys.isEmpty();
        }
        throw new UntrustedException(
                "the device's key has changed",
                "THE KEY OF DEVICE " + deviceId + " HAS CHANGED: it is " + seen + " now, and was " + keys.get(0)
                        + ". Somebody may be in between, such as whoever runs the bridge server; or the device has a"
                        + " new key. Nothing was sent. If you know that the new key is the device's, remove the line"
                        + " that begins with \"" + encode(deviceId) + " \" from " + file);
    }

    private List<Fingerprint> keys(String deviceId, String text) {
        List<Fingerprint> keys = new ArrayList<>();
        int number = 0;
        for (String line : text.split("\n", -1)) {
            number++;
            String[] words = line.strip().split("\\s+");
            if (words[0].isEmpty() || words[0].startsWith("#")) {
                continue;
            }
            if (words.length != 2) {
                throw new IllegalArgumentException(
                        file + ", line " + number + ": expected a device id and a fingerprint");
            }
            if (words[0].equals(encode(deviceId))) {
                keys.add(Fingerprint.parse(words[1]));
            }
        }
        return keys;
    }

    /** Returns the id without white space or control characters. */
    private static String encode(String deviceId) {
        return URLEncoder.encode(deviceId, StandardCharsets.UTF_8).replace("+", "%20");
    }
}
