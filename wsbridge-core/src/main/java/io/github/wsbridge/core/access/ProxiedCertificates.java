package io.github.wsbridge.core.access;

import io.github.wsbridge.spi.AccessPolicy.AccessRequest;
import io.github.wsbridge.spi.Headers;
import io.github.wsbridge.wire.net.ClientAddress;
import io.github.wsbridge.wire.net.IpNetwork;
import java.io.ByteArrayInputStream;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.List;

/**
 * Certificates of clients whose TLS ends at a proxy, which passes them in a header field: as RFC 9440 has it, as
 * nginx's {@code $ssl_client_escaped_cert} (PEM, percent-encoded), as Apache's {@code %{SSL_CLIENT_CERT}s} (PEM, with
 * spaces for line feeds, which the JDK's reader refuses), or as HAProxy's {@code ssl_c_der,base64}. The field of any
 * other client is ignored.
 */
final class ProxiedCertificates {

    private static final String CHAIN = "Client-Cert-Chain"; // RFC 9440
    private static final int MOST = 10;

    private final String field;
    private final List<IpNetwork> proxies;

    ProxiedCertificates(String field, Collection<String> proxies) {
        this.field = field;
        this.proxies = proxies.stream().map(IpNetwork::parse).toList();
    }

    /** Returns the client's chain; empty if it has none, or the proxy has passed something else. */
    List<X509Certificate> chain(AccessRequest request) {
        if (!isProxy(request.peer().connection())) {
            return request.peer().certificates();
        }
        Headers headers = request.headers(); // never the proxy's own certificate
        String leaf = headers.only(field);
        if (leaf.isEmpty()) {
            return List.of();
        }
        try {
            List<X509Certificate> chain = new ArrayList<>(List.of(certificate(leaf)));
            for (String issuer : headers.elements(CHAIN)) {
                if (chain.size() == MOST) {
                    return List.of();
                }
                chain.add(certificate(issuer));
            }
            return chain;
        } catch (CertificateException | IllegalArgumentException e) {
            return List.of();
        }
    }

    private boolean isProxy(String address) {
        byte[] bytes = IpNetwork.address(ClientAddress.host(address));
        return bytes != null && proxies.stream().anyMatch(network -> network.contains(bytes));
    }

    private static X509Certificate certificate(String text) throws CertificateException {
        byte[] der;
        if (text.startsWith("-----BEGIN")) {
            String pem = URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
            der = Base64.getMimeDecoder().decode(pem.replaceAll("-----[A-Z ]*-----", ""));
        } else {
            der = Base64.getDecoder().decode(text.startsWith(":") && text.endsWith(":") ? text.replace(":", "") : text);
        }
        return (X509Certificate)
                CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(der));
    }
}
