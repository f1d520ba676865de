package io.github.wsbridge.launcher;

import io.github.wsbridge.wire.files.Reloaded;
import io.github.wsbridge.wire.files.TlsIdentity;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.util.Collections;
import java.util.List;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSession;
import javax.net.ssl.TrustManager;
import org.jspecify.annotations.Nullable;

/** A client's TLS context, which stays the same when the files of its certificate or its authorities change. */
final class ClientTls {

    private final SSLContext context = SSLContext.getInstance("TLS");

    private ClientTls(@Nullable RenewableKeys keys, @Nullable RenewableTrust trust) throws GeneralSecurityException {
        context.init(
                keys == null ? null : new KeyManager[] {keys}, trust == null ? null : new TrustManager[] {trust}, null);
    }

    /**
     * Returns a context.
     *
     * @param identity what it presents; null for nothing
     * @param authorities what it trusts; null for the platform's authorities
     */
    static SSLContext of(
            @Nullable Reloaded<TlsIdentity> identity,
            @Nullable Reloaded<List<X509Certificate>> authorities,
            Reloads reloads)
            throws IOException, GeneralSecurityException {
        RenewableKeys keys = identity == null ? null : new RenewableKeys(identity.get());
        RenewableTrust trust = authorities == null ? null : new RenewableTrust(authorities.get());
        ClientTls made = new ClientTls(keys, trust);
        if (identity != null && keys != null) {
            reloads.add(identity, renewed -> {
                keys.renew(renewed);
                made.resumeNothing();
            });
        }
        if (authorities != null && trust != null) {
            reloads.add(authorities, renewed -> {
                trust.renew(renewed);
                made.resumeNothing();
            });
        }
        return made.context;
    }

    private void resumeNothing() {
        for (byte[] id : Collections.list(context.getClientSessionContext().getIds())) {
            SSLSession session = context.getClientSessionContext().getSession(id);
            if (session != null) {
                session.invalidate();
            }
        }
    }
}
