package io.github.wsbridge.launcher;

import io.github.wsbridge.wire.files.TlsIdentity;
import io.github.wsbridge.wire.files.TlsManagers;
import java.io.IOException;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jspecify.annotations.Nullable;

/**
 * The key of a client whose TLS context stays the same when its certificate is renewed. Aliases begin with the number
 * of the renewal, so that a handshake that has chosen one gets a key and a certificate that belong together.
 * Thread-safe.
 */
final class RenewableKeys extends X509ExtendedKeyManager {

    private record Held(int number, X509ExtendedKeyManager keys) {

        @Nullable
        String alias(@Nullable String chosen) {
            return chosen == null ? null : number + ":" + chosen;
        }
    }

    private volatile Held current;
    private volatile Held former; // for handshakes that are under way

    RenewableKeys(TlsIdentity identity) throws IOException, GeneralSecurityException {
        current = new Held(0, managing(identity));
        former = current;
    }

    synchronized void renew(TlsIdentity identity) throws IOException, GeneralSecurityException {
        Held renewed = new Held(current.number() + 1, managing(identity));
        former = current;
        current = renewed;
    }

    private static X509ExtendedKeyManager managing(TlsIdentity identity) throws IOException, GeneralSecurityException {
        return (X509ExtendedKeyManager) TlsManagers.keys(identity).getKeyManagers()[0];
    }

    private X509ExtendedKeyManager keys(String alias) {
        Held newest = current;
        return alias.startsWith(newest.number() + ":") ? newest.keys() : former.keys();
    }

    private static String own(String alias) {
        return alias.substring(alias.indexOf(':') + 1);
    }

    @Override
    public @Nullable String chooseClientAlias(String[] keyType, Principal @Nullable [] issuers, Socket socket) {
        Held held = current;
        return held.alias(held.keys().chooseClientAlias(keyType, issuers, socket));
    }

    @Override
    public @Nullable String chooseEngineClientAlias(
            String[] keyType, Principal @Nullable [] issuers, SSLEngine engine) {
        Held held = current;
        return held.alias(held.keys().chooseEngineClientAlias(keyType, issuers, engine));
    }

    @Override
    public X509Certificate[] getCertificateChain(String alias) {
        return keys(alias).getCertificateChain(own(alias));
    }

    @Override
    public PrivateKey getPrivateKey(String alias) {
        return keys(alias).getPrivateKey(own(alias));
    }

    @Override
    public String @Nullable [] getClientAliases(String keyType, Principal @Nullable [] issuers) {
        return null; // asked by nobody
    }

    @Override
    public String @Nullable [] getServerAliases(String keyType, Principal @Nullable [] issuers) {
        return null; // this is a client
    }

    @Override
    public @Nullable String chooseServerAlias(String keyType, Principal @Nullable [] issuers, Socket socket) {
        return null; // this is a client
    }
}
