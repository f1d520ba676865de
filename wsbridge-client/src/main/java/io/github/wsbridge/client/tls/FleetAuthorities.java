package io.github.wsbridge.client.tls;

import io.github.wsbridge.wire.files.TlsManagers;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.List;
import javax.net.ssl.X509TrustManager;

/** Trusts the devices to which an authority has issued certificates with their ids. */
final class FleetAuthorities implements DeviceTrust {

    private static final String URN = "urn:wsbridge:device:";
    private static final int DNS = 2; // as X509Certificate.getSubjectAlternativeNames() numbers them
    private static final int URI = 6;

    private final X509TrustManager trust;

    FleetAuthorities(Collection<X509Certificate> authorities) throws IOException, GeneralSecurityException {
        trust = (X509TrustManager) TlsManagers.trust(authorities).getTrustManagers()[0];
    }

    @Override
    public void check(String deviceId, List<X509Certificate> chain) throws UntrustedException {
        X509Certificate own = chain.get(0);
        try {
            trust.checkServerTrusted(chain.toArray(X509Certificate[]::new), "UNKNOWN"); // as the JDK says in TLS 1.3
        } catch (CertificateException e) {
            throw new UntrustedException(
                    "no trusted authority vouches for the device",
                    "NO TRUSTED AUTHORITY VOUCHES FOR DEVICE " + deviceId + ": its certificate "
                            + own.getSubjectX500Principal().getName() + " is not accepted: " + e.getMessage()
                            + ". Nothing was sent");
        }
        if (!names(own, deviceId)) {
            throw new UntrustedException(
                    "the certificate is not for this device",
                    "THE CERTIFICATE IS NOT FOR DEVICE " + deviceId + ": "
                            + own.getSubjectX500Principal().getName() + " names neither DNS:" + deviceId + " nor URI:"
                            + uri(deviceId) + ". Nothing was sent");
        }
    }

    private static String uri(String deviceId) {
        return URN + URLEncoder.encode(deviceId, StandardCharsets.UTF_8).replace("+", "%20");
    }

    private static boolean names(X509Certificate certificate, String deviceId) {
        try {
            Collection<List<?>> names = certificate.getSubjectAlternativeNames();
            return names != null
                    && names.stream()
                            .anyMatch(name ->
                                    name.equals(List.of(DNS, deviceId)) || name.equals(List.of(URI, uri(deviceId))));
        } catch (CertificateException e) {
            return false; // its names cannot be read
        }
    }

    /** Says how many authorities there are. */
    @Override
    public String toString() {
        return trust.getAcceptedIssuers().length + " authorities";
    }
}
