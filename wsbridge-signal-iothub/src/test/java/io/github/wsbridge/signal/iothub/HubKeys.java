package io.github.wsbridge.signal.iothub;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** A key pair of the test hub, made by the JDK's keytool, and a trust store for it. */
final class HubKeys {

    /** Loopback addresses in the certificate, most likely different from those of other JVMs. */
    static final List<String> ADDRESSES = ThreadLocalRandom.current()
            .ints(64, 1 << 8, 1 << 24)
            .mapToObj(i -> "127." + (i >> 16) + "." + (i >> 8 & 255) + "." + (i & 255))
            .distinct()
            .toList();

    private static final char[] PASSWORD = "password".toCharArray();
    private static final KeyStore STORE = make();

    private HubKeys() {}

    private static KeyStore make() {
        try {
            Path folder = Files.createTempDirectory("hub-keys");
            Path file = folder.resolve("hub.p12");
            Process keytool = new ProcessBuilder(List.of(
                            Path.of(System.getProperty("java.home"), "bin", "keytool")
                                    .toString(),
                            "-genkeypair",
                            "-alias",
                            "hub",
                            "-keyalg",
                            "EC",
                            "-groupname",
                            "secp256r1",
                            "-dname",
                            "CN=" + FakeHub.HOST,
                            "-ext",
                            "san=dns:" + FakeHub.HOST + ",ip:" + String.join(",ip:", ADDRESSES),
                            "-validity",
                            "2",
                            "-storetype",
                            "PKCS12",
                            "-storepass",
                            new String(PASSWORD),
                            "-keystore",
                            file.toString()))
                    .redirectErrorStream(true)
                    .redirectOutput(folder.resolve("log").toFile())
                    .start();
            if (!keytool.waitFor(60, TimeUnit.SECONDS) || keytool.exitValue() != 0) {
                throw new IllegalStateException("keytool failed: " + Files.readString(folder.resolve("log")));
            }
            KeyStore store = KeyStore.getInstance(file.toFile(), PASSWORD);
            Files.delete(file);
            Files.delete(folder.resolve("log"));
            Files.delete(folder);
            return store;
        } catch (IOException | java.security.GeneralSecurityException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    static SSLContext serverContext() throws Exception {
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(STORE, PASSWORD);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), null, null);
        return context;
    }

    static SSLContext clientContext() throws Exception {
        KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
        trusted.load(null, null);
        trusted.setCertificateEntry("hub", STORE.getCertificate("hub"));
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        return context;
    }
}
