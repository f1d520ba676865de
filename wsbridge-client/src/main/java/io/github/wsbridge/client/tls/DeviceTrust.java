package io.github.wsbridge.client.tls;

import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.List;
import java.util.Set;

/**
 * Decides whether a certificate is that of a device. TLS has proved by then, or proves right after, that the other end
 * holds its key. Implementations are thread-safe.
 */
@FunctionalInterface
public interface DeviceTrust {

    /**
     * Checks a certificate. Called on an executor, for each stream; may block.
     *
     * @param deviceId the device that was asked for
     * @param chain the certificate, followed by those that vouch for it; not verified
     * @throws UntrustedException if it is not the device's
     */
    void check(String deviceId, List<X509Certificate> chain) throws UntrustedException;

    /** Trusts whoever holds one of these keys, whose fingerprints have come over another channel. */
    static DeviceTrust pins(Set<Fingerprint> pins) {
        Set<Fingerprint> known = Set.copyOf(pins);
        return (deviceId, chain) -> {
            Fingerprint seen = Fingerprint.of(chain.get(0));
            if (!known.contains(seen)) {
                throw new UntrustedException(
                        "the device's key is not the one that is pinned",
                        "THE KEY OF DEVICE " + deviceId + " IS NOT THE ONE THAT IS PINNED: it is " + seen
                                + ". Somebody may be in between, such as whoever runs the bridge server; or the"
                                + " device has a new key. Nothing was sent");
            }
        };
    }

    /**
     * Trusts certificates that one of these authorities has issued for the device. A certificate names the device in a
     * subject alternative name: either a DNS name that equals the device id, letter case included, or the URI
     * {@code urn:wsbridge:device:} followed by the percent-encoded id. The common name does not count, nor do wildcards.
     */
    static DeviceTrust authorities(Collection<X509Certificate> authorities)
            throws IOException, GeneralSecurityException {
        return new FleetAuthorities(authorities);
    }
}
