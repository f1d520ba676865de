package io.github.wsbridge.core.access;

import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import javax.naming.NamingException;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;
import javax.security.auth.x500.X500Principal;
import org.jspecify.annotations.Nullable;

/** Finds the names in a certificate that may identify a client. */
final class CertificateNames {

    private static final int SAN_DNS = 2; // of the GeneralName in RFC 5280
    private static final int SAN_URI = 6;

    /** The kinds of names. */
    enum Kind {
        DNS,
        URI,
        CN;

        static Optional<Kind> of(String text) {
            for (Kind kind : values()) {
                if (kind.toString().equals(text)) {
                    return Optional.of(kind);
                }
            }
            return Optional.empty();
        }

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** One name. */
    record Name(Kind kind, String text) {

        /** Reads what {@link #toString} returns. Returns null if the text has another form. */
        static @Nullable Name parse(String text) {
            int colon = text.indexOf(':');
            return colon < 0
                    ? null
                    : Kind.of(text.substring(0, colon))
                            .map(kind -> new Name(kind, text.substring(colon + 1)))
                            .orElse(null);
        }

        @Override
        public String toString() {
            return kind + ":" + text;
        }
    }

    private CertificateNames() {}

    /**
     * Returns the names of a certificate. Those with control characters or a {@code *}, such as in certificates for all
     * hosts of a domain, identify nobody and are left out, and so are several common names.
     */
    static List<Name> of(X509Certificate certificate) {
        List<Name> names = new ArrayList<>();
        try {
            Collection<List<?>> alternatives = certificate.getSubjectAlternativeNames();
            if (alternatives != null) {
                for (List<?> alternative : alternatives) {
                    if (alternative.get(0).equals(SAN_DNS)) {
                        String host = (String) alternative.get(1);
                        names.add(new Name(Kind.DNS, host.toLowerCase(Locale.ROOT)));
                    } else if (alternative.get(0).equals(SAN_URI)) {
                        names.add(new Name(Kind.URI, (String) alternative.get(1)));
                    }
                }
            }
        } catch (CertificateParsingException e) {
            return List.of();
        }
        commonName(certificate.getSubjectX500Principal()).ifPresent(name -> names.add(new Name(Kind.CN, name)));
        names.removeIf(name -> !name.text().chars().allMatch(c -> c >= ' ' && c != 0x7f && c != '*'));
        return names;
    }

    private static Optional<String> commonName(X500Principal subject) {
        try {
            List<Object> found = new ArrayList<>();
            for (Rdn part : new LdapName(subject.getName(X500Principal.RFC2253)).getRdns()) {
                var values = part.toAttributes().get("CN");
                for (int i = 0; values != null && i < values.size(); i++) {
                    found.add(values.get(i));
                }
            }
            return found.size() == 1 && found.get(0) instanceof String name ? Optional.of(name) : Optional.empty();
        } catch (NamingException e) {
            return Optional.empty();
        }
    }
}
