package io.github.wsbridge.testkit.transport;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.CertificateFactory;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** A new certificate authority, made with the JDK's {@code keytool}, with its files in a temporary folder. */
public final class TestAuthority {

    private static final char[] PASSWORD = "secret".toCharArray();

    private static final Map<String, TestAuthority> SHARED = new HashMap<>(); // guarded by itself

    private final Path folder;
    private final Path store;
    private final Map<List<String>, Issued> kept = new HashMap<>(); // guarded by this
    private int issued;

    private TestAuthority(Path folder) {
        this.folder = folder;
        this.store = folder.resolve("authority.p12");
    }

    /**
     * A key and a certificate that an authority has issued.
     *
     * @param key the private key
     * @param chain the certificate, followed by the authority's
     * @param certificateFile the chain, in PEM
     * @param keyFile the private key, in PEM
     */
    public record Issued(PrivateKey key, List<X509Certificate> chain, Path certificateFile, Path keyFile) {

        /** Returns the certificate. */
        public X509Certificate certificate() {
            return chain.get(0);
        }

        /** Returns a context that presents the certificate and trusts only its authority. */
        public SSLContext context() throws GeneralSecurityException, IOException {
            KeyStore own = KeyStore.getInstance("PKCS12");
            own.load(null, null);
            own.setKeyEntry("own", key, PASSWORD, chain.toArray(X509Certificate[]::new));
            KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            keys.init(own, PASSWORD);
            KeyStore trusted = KeyStore.getInstance("PKCS12");
            trusted.load(null, null);
            trusted.setCertificateEntry("authority", chain.get(chain.size() - 1));
            TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            trust.init(trusted);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
            return context;
        }

        /** Omits the key. */
        @Override
        public String toString() {
            return certificate().getSubjectX500Principal().getName();
        }
    }

    /** Creates an authority. */
    public static TestAuthority create() throws Exception {
        TestAuthority authority = new TestAuthority(Files.createTempDirectory("test-authority"));
        authority.keytool(
                "-genkeypair", "-alias", "ca", "-dname", "CN=Test authority", "-ext", "bc:c", "-keyalg", "EC");
        write(
                authority.certificateFile(),
                "CERTIFICATE",
                List.of(authority.certificate().getEncoded()));
        return authority;
    }

    /** Returns the authority of this name, which all tests of a JVM share. */
    public static TestAuthority shared(String name) throws Exception {
        synchronized (SHARED) {
            TestAuthority authority = SHARED.get(name);
            if (authority == null) {
                authority = create();
                SHARED.put(name, authority);
            }
            return authority;
        }
    }

    /** Returns the authority's certificate. */
    public X509Certificate certificate() throws Exception {
        return (X509Certificate) load().getCertificate("ca");
    }

    /** Returns a file with the authority's certificate, in PEM. */
    public Path certificateFile() {
        return folder.resolve("authority.pem");
    }

    /**
     * Issues a certificate, the same for the same names.
     *
     * @param name the subject, such as {@code CN=device-1}
     * @param alternatives further names as {@code keytool} has them, such as {@code dns:localhost}
     */
    public synchronized Issued issue(String name, String... alternatives) throws Exception {
        List<String> key = new ArrayList<>(List.of(name));
        key.addAll(List.of(alternatives));
        Issued same = kept.get(key);
        if (same != null) {
            return same;
        }
        List<String> words = new ArrayList<>();
        if (alternatives.length > 0) {
            words.addAll(List.of("-ext", "san=" + String.join(",", alternatives)));
        }
        Issued fresh = issueWith(name, words.toArray(String[]::new));
        kept.put(key, fresh);
        return fresh;
    }

    /** Issues a certificate with other options of {@code keytool -genkeypair}, such as {@code -startdate}. */
    public synchronized Issued issueWith(String name, String... options) throws Exception {
        String alias = "issued-" + issued++;
        List<String> words = new ArrayList<>(
                List.of("-genkeypair", "-alias", alias, "-dname", name, "-signer", "ca", "-keyalg", "EC"));
        words.addAll(Arrays.asList(options));
        keytool(words.toArray(String[]::new));
        KeyStore content = load();
        PrivateKey key = (PrivateKey) content.getKey(alias, PASSWORD);
        List<X509Certificate> chain = List.of((X509Certificate) content.getCertificate(alias), certificate());
        Path certificateFile = folder.resolve(alias + ".pem");
        write(
                certificateFile,
                "CERTIFICATE",
                List.of(chain.get(0).getEncoded(), chain.get(1).getEncoded()));
        Path keyFile = folder.resolve(alias + "-key.pem");
        write(keyFile, "PRIVATE KEY", List.of(key.getEncoded()));
        TestKeys.ownersOnly(keyFile);
        return new Issued(key, chain, certificateFile, keyFile);
    }

    /** Returns a list of revoked certificates: this one. */
    public X509CRL revoke(X509Certificate certificate) throws Exception {
        Path file = folder.resolve("revoked.crl");
        keytool("-gencrl", "-alias", "ca", "-id", certificate.getSerialNumber().toString(), "-file", file.toString());
        try (InputStream in = new ByteArrayInputStream(Files.readAllBytes(file))) {
            return (X509CRL) CertificateFactory.getInstance("X.509").generateCRL(in);
        }
    }

    private KeyStore load() throws Exception {
        KeyStore content = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(store)) {
            content.load(in, PASSWORD);
        }
        return content;
    }

    private void keytool(String... words) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(), "-J-XX:TieredStopAtLevel=1"));
        command.addAll(Arrays.asList(words));
        command.addAll(List.of("-storetype", "PKCS12", "-storepass", "secret", "-keystore", store.toString()));
        Path log = folder.resolve("keytool.log");
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        if (!process.waitFor(60, TimeUnit.SECONDS) || process.exitValue() != 0) {
            throw new IllegalStateException("keytool failed: " + Files.readString(log));
        }
    }

    private static void write(Path file, String what, List<byte[]> blocks) throws IOException {
        StringBuilder pem = new StringBuilder();
        for (byte[] block : blocks) {
            pem.append("-----BEGIN ").append(what).append("-----\n");
            pem.append(Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(block));
            pem.append("\n-----END ").append(what).append("-----\n");
        }
        Files.writeString(file, pem);
    }
}
