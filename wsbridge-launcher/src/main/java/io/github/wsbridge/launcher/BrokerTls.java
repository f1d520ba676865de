package io.github.wsbridge.launcher;

import io.github.wsbridge.wire.files.Pem;
import io.github.wsbridge.wire.files.Reloaded;
import io.github.wsbridge.wire.files.TlsIdentity;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/** What a broker's client trusts and presents; read again when the files change, for the next connection. */
final class BrokerTls {

    private BrokerTls() {}

    /** @param broker its kind, for people, such as MQTT */
    static TrustManagerFactory trust(String broker, Path authorities, Reloads reloads)
            throws IOException, GeneralSecurityException {
        Reloaded<List<X509Certificate>> read = new Reloaded<>(
                broker + " authorities " + authorities, List.of(authorities), () -> Pem.certificates(authorities));
        RenewableTrust trust = new RenewableTrust(read.get());
        reloads.add(read, trust::renew);
        return ManagerFactories.of(trust);
    }

    /** @param broker its kind, for people, such as MQTT */
    static KeyManagerFactory keys(
            String broker, Path cert, @Nullable Path key, @Nullable Path password, Reloads reloads)
            throws IOException, GeneralSecurityException {
        Reloaded<TlsIdentity> read = TlsOptions.identity(broker + " certificate", cert, key, password);
        RenewableKeys keys = new RenewableKeys(read.get());
        reloads.add(read, keys::renew);
        return ManagerFactories.of(keys);
    }
}
