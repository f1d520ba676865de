package io.github.wsbridge.testkit.transport;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.Base64;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/**
 * A new key for {@code localhost} with a self-signed certificate.
 *
 * @param context a context that presents the key and trusts only its certificate
 * @param certificate the certificate, in PEM
 * @param key the private key, in PEM
 */
public record TestKeys(SSLContext context, Path certificate, Path key) {

    private static @Nullable TestKeys shared;

    /** Returns a key that all tests of a JVM share which need only one and leave its files as they are. */
    public static TestKeys shared() throws Exception {
        synchronized (TestKeys.class) {
            TestKeys keys = shared;
            if (keys == null) {
                keys = create();
                shared = keys;
            }
            return keys;
        }
    }

    /** Creates a key with the JDK's {@code keytool}, and its files in a temporary folder. */
    public static TestKeys create() throws Exception {
        Path file = Files.createTempDirectory("test-keys").resolve("keys.p12");
        String keytool =
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString();
        Process process = new ProcessBuilder(
                        keytool,
                        "-J-XX:TieredStopAtLevel=1", // half the time
                        "-genkeypair",
                        "-alias",
                        "test",
                        "-keyalg",
                        "EC",
                        "-dname",
                        "CN=localhost",
                        "-ext",
                        "san=dns:localhost",
                        "-storetype",
                        "PKCS12",
                        "-storepass",
                        "secret",
                        "-keystore",
                        file.toString())
                .redirectErrorStream(true)
                .start();
        if (!process.waitFor(30, TimeUnit.SECONDS) || process.exitValue() != 0) {
            throw new IllegalStateException("keytool failed");
        }
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(file)) {
            store.load(in, "secret".toCharArray());
        }
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(store, "secret".toCharArray());
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
        Path certificate = file.resolveSibling("certificate.pem");
        write(certificate, "CERTIFICATE", store.getCertificate("test").getEncoded());
        Path key = file.resolveSibling("key.pem");
        write(key, "PRIVATE KEY", store.getKey("test", "secret".toCharArray()).getEncoded());
        ownersOnly(key);
        return new TestKeys(context, certificate, key);
    }

    static void ownersOnly(Path file) {
        file.toFile().setReadable(false, false);
        file.toFile().setReadable(true, true);
    }

    private static void write(Path file, String what, byte[] content) throws IOException {
        String lines = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content);
        Files.writeString(file, "-----BEGIN " + what + "-----\n" + lines + "\n-----END " + what + "-----\n");
    }
}
