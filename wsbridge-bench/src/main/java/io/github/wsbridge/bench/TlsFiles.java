package io.github.wsbridge.bench;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * An ECDSA key on P-256 for {@code localhost} and 127.0.0.1 with a self-signed certificate, made for one run.
 *
 * @param folder where the files are
 */
record TlsFiles(Path folder) {

    /** TLS 1.3 with the cheapest suite on processors with AES instructions, for all that can be configured. */
    static final String SUITE = "TLS_AES_128_GCM_SHA256";

    private static final String PASSWORD = "secret";
    private static final long KEYTOOL_SECONDS = 30;

    /** The certificate, in PEM, which is also the authority to trust. */
    Path certificate() {
        return folder.resolve("tls-certificate.pem");
    }

    /** The private key, in PEM. */
    Path key() {
        return folder.resolve("tls-key.pem");
    }

    /** Both in one file, as HAProxy wants them. */
    Path both() {
        return folder.resolve("tls-both.pem");
    }

    /** Returns the end of a {@code bind} line of HAProxy. */
    String haproxyBind() {
        return " ssl crt " + both() + " ssl-min-ver TLSv1.3 ciphersuites " + SUITE;
    }

    /** Returns the end of a {@code server} line of HAProxy, which does not resume sessions. */
    String haproxyServer() {
        return " ssl verify required ca-file " + certificate() + " ssl-min-ver TLSv1.3 no-ssl-reuse ciphersuites "
                + SUITE;
    }

    /** Creates the files unless they exist. */
    TlsFiles create(Processes processes) throws IOException, InterruptedException {
        if (Files.exists(both())) {
            return this;
        }
        Path store = folder.resolve("tls.p12");
        Child keytool = processes.start(
                "keytool",
                List.of(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-alias",
                        "bench",
                        "-keyalg",
                        "EC",
                        "-groupname",
                        "secp256r1",
                        "-dname",
                        "CN=localhost",
                        "-ext",
                        "san=dns:localhost,ip:127.0.0.1",
                        "-storetype",
                        "PKCS12",
                        "-storepass",
                        PASSWORD,
                        "-keystore",
                        store.toString()));
        if (!keytool.process().waitFor(KEYTOOL_SECONDS, TimeUnit.SECONDS)
                || keytool.process().exitValue() != 0) {
            throw new IOException("no key for TLS: " + keytool.printed());
        }
        try (InputStream in = Files.newInputStream(store)) {
            KeyStore keys = KeyStore.getInstance("PKCS12");
            keys.load(in, PASSWORD.toCharArray());
            String certificate = pem("CERTIFICATE", keys.getCertificate("bench").getEncoded());
            String key = pem(
                    "PRIVATE KEY", keys.getKey("bench", PASSWORD.toCharArray()).getEncoded());
            Files.writeString(certificate(), certificate);
            Files.writeString(key(), key);
            Files.writeString(both(), certificate + key);
        } catch (GeneralSecurityException e) {
            throw new IOException("cannot read " + store, e);
        }
        return this;
    }

    private static String pem(String what, byte[] content) {
        String lines = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content);
        return "-----BEGIN " + what + "-----\n" + lines + "\n-----END " + what + "-----\n";
    }
}
