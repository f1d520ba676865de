package io.github.wsbridge.launcher;

import io.github.wsbridge.wire.files.SecretFile;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HexFormat;
import java.util.concurrent.TimeUnit;

/**
 * Creates a key and a certificate that it has signed itself. The JDK has no public API that makes certificates, but
 * every Java runtime has {@code keytool}.
 */
final class NewIdentity {

    private static final String PASSWORD = "WSBRIDGE_STORE_PASSWORD";
    private static final int SECONDS = 60;

    private NewIdentity() {}

    /**
     * Writes a new key and its certificate in PEM, readable by their owner only. The key is on the curve P-256; the
     * certificate is valid for a hundred years, because it is known by its key. Blocks.
     *
     * @param certificate the file of the certificate, in an existing folder
     * @param key the file of the key; may be the same
     */
    static void write(Path certificate, Path key) throws IOException, GeneralSecurityException {
        Path folder = Files.createTempDirectory("wsbridge"); // for its owner only
        Path store = folder.resolve("store.p12");
        Path log = folder.resolve("log");
        try {
            byte[] random = new byte[32];
            new SecureRandom().nextBytes(random);
            String password = HexFormat.of().formatHex(random);
            keytool(store, log, password);
            KeyStore made = KeyStore.getInstance("PKCS12");
            try (InputStream in = Files.newInputStream(store)) {
                made.load(in, password.toCharArray());
            }
            String keyText = pem(
                    "PRIVATE KEY", made.getKey("own", password.toCharArray()).getEncoded());
            String certificateText =
                    pem("CERTIFICATE", made.getCertificate("own").getEncoded());
            if (key.equals(certificate)) {
                SecretFile.write(key, certificateText + keyText);
            } else {
                SecretFile.write(key, keyText);
                SecretFile.write(certificate, certificateText);
            }
        } finally {
            Files.deleteIfExists(store);
            Files.deleteIfExists(log);
            Files.deleteIfExists(folder);
        }
    }

    private static void keytool(Path store, Path log, String password) throws IOException {
        ProcessBuilder command = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-alias",
                        "own",
                        "-keyalg",
                        "EC",
                        "-groupname",
                        "secp256r1",
                        "-sigalg",
                        "SHA256withECDSA",
                        "-validity",
                        "36500",
                        "-dname",
                        "CN=WebSocket Bridge device",
                        "-storetype",
                        "PKCS12",
                        "-storepass:env", // other users can see the command line, but not the environment
                        PASSWORD,
                        "-keystore",
                        store.toString())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile());
        command.environment().put(PASSWORD, password);
        Process process = command.start();
        try {
            if (!process.waitFor(SECONDS, TimeUnit.SECONDS)) {
                throw new IOException("keytool has not created a key within " + SECONDS + " s");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while keytool created a key", e);
        } finally {
            process.destroyForcibly();
        }
        if (process.exitValue() != 0) {
            throw new IOException(
                    "keytool cannot create a key: " + Files.readString(log).strip());
        }
    }

    private static String pem(String label, byte[] content) {
        String lines = Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII))
                .encodeToString(content);
        return "-----BEGIN " + label + "-----\n" + lines + "\n-----END " + label + "-----\n";
    }
}
