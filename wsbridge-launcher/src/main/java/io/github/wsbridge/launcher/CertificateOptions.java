package io.github.wsbridge.launcher;

import io.github.wsbridge.core.access.CertificatePolicy;
import io.github.wsbridge.core.access.CertificateRules;
import io.github.wsbridge.core.access.ClientTrust;
import io.github.wsbridge.spi.AccessPolicy;
import io.github.wsbridge.spi.ClientCertificates;
import io.github.wsbridge.wire.files.Pem;
import io.github.wsbridge.wire.files.Reloaded;
import io.github.wsbridge.wire.files.TlsManagers;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Spec.Target;

/** Options for a node whose clients have certificates. */
@SuppressWarnings("NullAway.Init")
final class CertificateOptions {

    @Option(
            names = "--tls-client-ca",
            paramLabel = "FILE",
            description = "Ask clients for certificates that these authorities have issued (PEM); read again when the"
                    + " file changes")
    private @Nullable Path authorities;

    @Option(
            names = "--tls-client-crl",
            paramLabel = "FILE",
            description = "The lists of certificates that these authorities have revoked (PEM); read again when the"
                    + " file changes. Without a list that is still valid, an authority's certificates are refused")
    private @Nullable Path revoked;

    @Option(
            names = "--tls-client-auth",
            paramLabel = "WHEN",
            defaultValue = "require",
            description = "With TLS at the node, require: nobody connects without a certificate; want: clients with"
                    + " other credentials do (default ${DEFAULT-VALUE})")
    private When when;

    @Option(
            names = "--client-certs",
            paramLabel = "FILE",
            description = "Who may connect and listen by the name in a certificate: lines ROLE KIND:PATTERN [DEVICES],"
                    + " such as 'device dns:*.devices.example.com' or 'requester cn:alice'; read again when the file"
                    + " changes")
    private @Nullable Path rules;

    @Option(
            names = "--proxy-cert-header",
            paramLabel = "NAME",
            description = "The header field in which the proxies of --proxy-networks, which end TLS, pass the client's"
                    + " certificate, as in RFC 9440 (Client-Cert) or from nginx or HAProxy. They must remove the field"
                    + " from what clients send. The node verifies the certificate with --tls-client-ca")
    private @Nullable String field;

    @Spec(Target.MIXEE)
    private CommandSpec command;

    private @Nullable Reloaded<Trusted> trust;

    /** When clients need a certificate, as typed by users. */
    @SuppressWarnings("java:S115")
    enum When {
        require,
        want
    }

    /** What is trusted to identify clients. */
    record Trusted(
            List<X509Certificate> authorities, @Nullable List<X509CRL> revoked, ClientTrust policy) {

        static Trusted read(Path authorities, @Nullable Path revoked) throws IOException, GeneralSecurityException {
            List<X509Certificate> issuers = Pem.certificates(authorities);
            if (revoked == null) {
                return new Trusted(issuers, null, ClientTrust.of(issuers));
            }
            List<X509CRL> lists = Pem.revocations(revoked);
            return new Trusted(issuers, lists, ClientTrust.of(issuers, lists));
        }

        /** Returns new trust managers, for a transport. */
        TrustManagerFactory managers() throws IOException, GeneralSecurityException {
            return revoked == null ? TlsManagers.trust(authorities) : TlsManagers.trust(authorities, revoked);
        }

        @Override
        public String toString() {
            return policy.toString();
        }
    }

    /** Rejects inconsistent options. */
    void check(boolean tls, boolean proxies) {
        if (authorities == null && (rules != null || revoked != null || field != null)) {
            throw usage("--client-certs, --tls-client-crl and --proxy-cert-header require --tls-client-ca FILE");
        }
        if (authorities != null && !tls && field == null) {
            throw usage("--tls-client-ca requires --tls-cert FILE, or --proxy-cert-header NAME");
        }
        if (field != null && (rules == null || !proxies)) {
            throw usage("--proxy-cert-header requires --client-certs FILE and --proxy-networks");
        }
    }

    /** Returns whether certificates decide who may connect and listen. */
    boolean decide() {
        return rules != null;
    }

    ClientCertificates asked() {
        return authorities == null
                ? ClientCertificates.NOT_ASKED
                : when == When.require ? ClientCertificates.REQUIRED : ClientCertificates.WANTED;
    }

    /** Returns what is trusted, which is read once; null if clients are not asked for certificates. */
    @Nullable
    Reloaded<Trusted> trust() throws IOException, GeneralSecurityException {
        Path file = authorities;
        if (file != null && trust == null) {
            Path lists = revoked;
            List<Path> files = lists == null ? List.of(file) : List.of(file, lists);
            trust = new Reloaded<>("authorities of clients " + file, files, () -> Trusted.read(file, lists));
        }
        return trust;
    }

    /** Returns the policy; null if certificates do not decide. */
    @Nullable
    AccessPolicy policy(Reloads reloads, List<String> proxies) throws IOException, GeneralSecurityException {
        Path file = rules;
        Reloaded<Trusted> trusted = trust();
        if (file == null || trusted == null) {
            return null;
        }
        Reloaded<CertificateRules> read =
                new Reloaded<>("rules for certificates " + file, List.of(file), () -> CertificateRules.read(file));
        reloads.add(read, taken -> {});
        reloads.add(trusted, taken -> {}); // also if no transport uses it
        CertificatePolicy.Builder policy =
                CertificatePolicy.builder(read, () -> trusted.get().policy());
        if (field != null) {
            try {
                policy.proxies(proxies, field);
            } catch (IllegalArgumentException e) {
                throw usage("--proxy-networks: " + e.getMessage());
            }
        }
        return policy.build();
    }

    private ParameterException usage(String message) {
        return new ParameterException(command.commandLine(), message);
    }
}
