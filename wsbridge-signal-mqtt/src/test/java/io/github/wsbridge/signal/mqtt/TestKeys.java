package io.github.wsbridge.signal.mqtt;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.TrustManagerFactory;

/**
 * Self-signed certificates made by the JDK's keytool: one for a broker at {@code localhost}, and one for a client.
 *
 * @param server the broker's key pair
 * @param client the client's key pair
 * @param authorities both certificates, without keys
 */
record TestKeys(Path server, Path client, Path authorities) {

    static final String PASSWORD = "changeit";

    static TestKeys create(Path folder) throws Exception {
        Path server = pair(folder.resolve("server.jks"), "CN=localhost", "-ext", "san=dns:localhost");
        Path client = pair(folder.resolve("client.jks"), "CN=device-1");
        KeyStore both = empty();
        both.setCertificateEntry("server", load(server).getCertificate("pair"));
        both.setCertificateEntry("client", load(client).getCertificate("pair"));
        Path authorities = folder.resolve("authorities.jks");
        try (var out = Files.newOutputStream(authorities)) {
            both.store(out, PASSWORD.toCharArray());
        }
        return new TestKeys(server, client, authorities);
    }

    private static Path pair(Path file, String name, String... more) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                "pair",
                "-keyalg",
                "EC",
                "-groupname",
                "secp256r1",
                "-dname",
                name,
                "-validity",
                "2",
                "-storetype",
                "JKS",
                "-storepass",
                PASSWORD,
                "-keypass",
                PASSWORD,
                "-keystore",
                file.toString()));
        command.addAll(Arrays.asList(more));
        Process keytool = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(file.resolveSibling("keytool.out").toFile())
                .start();
        if (!keytool.waitFor(60, TimeUnit.SECONDS) || keytool.exitValue() != 0) {
            throw new IllegalStateException("keytool failed");
        }
        return file;
    }

    TrustManagerFactory trust() throws Exception {
        return trust(authorities);
    }

    /** Creates a trust store with another certificate. */
    TrustManagerFactory distrust() throws Exception {
        return trust(client);
    }

    private static TrustManagerFactory trust(Path store) throws Exception {
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(load(store));
        return trust;
    }

    KeyManagerFactory clientKey() throws Exception {
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(load(client), PASSWORD.toCharArray());
        return keys;
    }

    /** Writes PEM files next to the stores: {@code cert.pem} and {@code key.pem} of the broker, and {@code ca.pem}. */
    void writePem() throws Exception {
        KeyStore pair = load(server);
        pem("cert.pem", "CERTIFICATE", pair.getCertificate("pair").getEncoded());
        pem(
                "key.pem",
                "PRIVATE KEY",
                pair.getKey("pair", PASSWORD.toCharArray()).getEncoded());
        pem("ca.pem", "CERTIFICATE", load(client).getCertificate("pair").getEncoded());
    }

    private void pem(String name, String type, byte[] der) throws IOException {
        String text = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der);
        Files.writeString(
                server.resolveSibling(name),
                "-----BEGIN " + type + "-----\n" + text + "\n-----END " + type + "-----\n");
    }

    private static KeyStore load(Path file) throws GeneralSecurityException, IOException {
        return KeyStore.getInstance(file.toFile(), PASSWORD.toCharArray());
    }

    private static KeyStore empty() throws GeneralSecurityException, IOException {
        KeyStore store = KeyStore.getInstance("JKS");
        store.load(null, null);
        return store;
    }
}
