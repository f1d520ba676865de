package io.github.wsbridge.core.access;

import io.github.wsbridge.Endpoints;
import io.github.wsbridge.core.access.CertificateNames.Name;
import io.github.wsbridge.core.access.CertificateRules.Permission;
import io.github.wsbridge.spi.AccessPolicy;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/**
 * Grants access by the client's certificate: the one of its TLS connection to the node or, behind a proxy that ends
 * TLS, the one that the proxy passes in a header field. The certificate's name, as {@link CertificateRules} choose it,
 * is the principal. Thread-safe.
 *
 * <p>The certificate is verified here, too, whatever the transport or the proxy has done, so authorities that are
 * renewed count at once, even for TLS sessions that are resumed. Clients without a trusted certificate, and those whose
 * names no rule has, are denied with 401; those that a rule has, but not for this role and device, with 403.
 *
 * <p>Access is no longer valid once the certificate has expired, or when rules and authorities have changed and no
 * longer permit it.
 */
public final class CertificatePolicy implements AccessPolicy {

    /** The header field of RFC 9440. */
    public static final String FIELD = "Client-Cert";

    private static final Access UNKNOWN = new Access.Denied(401);
    private static final Access FORBIDDEN = new Access.Denied(403);

    private final Supplier<CertificateRules> rules;
    private final Supplier<ClientTrust> trust;
    private final ProxiedCertificates proxied;
    private final InstantSource clock;

    private CertificatePolicy(Builder settings) {
        rules = settings.rules;
        trust = settings.trust;
        proxied = new ProxiedCertificates(settings.field, settings.proxies);
        clock = settings.clock;
    }

    /**
     * Returns a builder. Both suppliers are asked for each handshake and must not block; they may return something else
     * each time, such as the newest content of a file.
     */
    public static Builder builder(Supplier<CertificateRules> rules, Supplier<ClientTrust> trust) {
        return new Builder(rules, trust);
    }

    @Override
    public CompletionStage<Access> check(AccessRequest request) {
        return CompletableFuture.completedFuture(decide(request));
    }

    private Access decide(AccessRequest request) {
        if (request.action() == Action.CONNECT_SIGNED) {
            return decideSigned(String.valueOf(request.query().get(Endpoints.PRINCIPAL)), request.deviceId());
        }
        List<X509Certificate> chain = proxied.chain(request);
        ClientTrust by = trust.get();
        if (chain.isEmpty() || !by.trusts(chain)) {
            return UNKNOWN;
        }
        CertificateRules with = rules.get();
        boolean known = false;
        for (Name name : CertificateNames.of(chain.get(0))) {
            List<Permission> permissions = with.permissions(name);
            known |= !permissions.isEmpty();
            if (permits(permissions, request.action(), request.deviceId())) {
                return new Access.Granted(
                        name.toString(), new Grant(chain, name, by, with, request.action(), request.deviceId())::valid);
            }
        }
        return known ? FORBIDDEN : UNKNOWN;
    }

    /** The certificate is not there, but its name may still be permitted. */
    private Access decideSigned(String principal, String deviceId) {
        Name name = Name.parse(principal);
        List<Permission> permissions = name == null ? List.of() : rules.get().permissions(name);
        if (name == null || permissions.isEmpty()) {
            return UNKNOWN;
        }
        return permits(permissions, Action.CONNECT, deviceId)
                ? new Access.Granted(principal, () -> permits(rules.get().permissions(name), Action.CONNECT, deviceId))
                : FORBIDDEN;
    }

    private static boolean permits(List<Permission> permissions, Action action, String deviceId) {
        Action role = action == Action.ACCEPT ? Action.LISTEN : action; // who may listen may accept
        return permissions.stream()
                .anyMatch(permission ->
                        permission.action() == role && permission.devices().matches(deviceId));
    }

    /** What was granted, without the request, whose headers are large. */
    private final class Grant {
        private final List<X509Certificate> chain;
        private final Name name;
        private final ClientTrust by;
        private final CertificateRules with;
        private final Action action;
        private final String deviceId;

        Grant(
                List<X509Certificate> chain,
                Name name,
                ClientTrust by,
                CertificateRules with,
                Action action,
                String deviceId) {
            this.chain = chain;
            this.name = name;
            this.by = by;
            this.with = with;
            this.action = action;
            this.deviceId = deviceId;
        }

        boolean valid() {
            Instant now = clock.instant();
            if (now.isAfter(chain.get(0).getNotAfter().toInstant())) {
                return false;
            }
            ClientTrust newest = trust.get();
            CertificateRules newestRules = rules.get();
            return (newest == by || newest.trusts(chain))
                    && (newestRules == with || permits(newestRules.permissions(name), action, deviceId));
        }
    }

    /** The settings of a policy. Not thread-safe. */
    public static final class Builder {
        private final Supplier<CertificateRules> rules;
        private final Supplier<ClientTrust> trust;
        private String field = FIELD;
        private Collection<String> proxies = List.of();
        private InstantSource clock = InstantSource.system();

        private Builder(Supplier<CertificateRules> rules, Supplier<ClientTrust> trust) {
            this.rules = rules;
            this.trust = trust;
        }

        /**
         * Takes the client's certificate from a header field if the connection comes from one of these networks, and
         * only from the field then. The proxy must set or remove the field in every request. It has the form of RFC
         * 9440 ({@code :base64:}, with {@code Client-Cert-Chain} for the issuers), of nginx's
         * {@code $ssl_client_escaped_cert}, or of HAProxy's {@code ssl_c_der,base64}. Default: no proxy.
         *
         * @param networks IP addresses, or networks in CIDR notation
         * @param name the field, such as {@value #FIELD}
         * @throws IllegalArgumentException if a network is invalid; the message quotes it
         */
        public Builder proxies(Collection<String> networks, String name) {
            new ProxiedCertificates(name, networks); // rejects what is invalid
            proxies = List.copyOf(networks);
            field = name;
            return this;
        }

        /** The clock that says whether a certificate has expired since access was granted. Default: the system's. */
        public Builder clock(InstantSource value) {
            clock = value;
            return this;
        }

        /** Builds the policy. */
        public CertificatePolicy build() {
            return new CertificatePolicy(this);
        }
    }
}
