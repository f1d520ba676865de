package io.github.wsbridge.client.tls;

import io.github.wsbridge.CloseReason;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.net.ssl.SSLException;

/** Says why TLS between the two ends has failed. */
final class TlsFailures {

    private static final Pattern ALERT = Pattern.compile("(?i)fatal alert: *(\\w+)");

    private static final String CERTIFICATE = "the other end does not accept this end's certificate, or there is none";

    private static final Map<String, String> ALERTS = Map.of(
            "certificate_required", CERTIFICATE,
            "bad_certificate", CERTIFICATE,
            "certificate_unknown", CERTIFICATE,
            "unknown_ca", CERTIFICATE,
            "certificate_expired", CERTIFICATE,
            "unsupported_certificate", CERTIFICATE,
            "no_application_protocol", "the other end does not speak this protocol inside TLS",
            "bad_record_mac", "the encrypted stream was altered on its way to the other end");

    private TlsFailures() {}

    /**
     * Returns a reason for both ends.
     *
     * @param handshaking whether it happened before data could be sent
     */
    static CloseReason reason(SSLException failure, boolean handshaking) {
        for (Throwable cause : chain(failure)) {
            if (cause instanceof UntrustedException untrusted) {
                return new CloseReason(CloseReason.POLICY_VIOLATION, untrusted.summary());
            }
        }
        String message = String.valueOf(failure.getMessage());
        Matcher alert = ALERT.matcher(message);
        if (alert.find()) {
            String name = alert.group(1).toLowerCase(Locale.ROOT);
            String words = ALERTS.getOrDefault(name, "TLS was refused by the other end");
            return new CloseReason(CloseReason.POLICY_VIOLATION, words + " (" + name + ")");
        }
        return new CloseReason(
                CloseReason.PROTOCOL_ERROR,
                (handshaking ? "TLS between requester and device failed: " : "the encrypted stream was altered: ")
                        + message);
    }

    private static Iterable<Throwable> chain(Throwable failure) {
        return Stream.iterate(failure, cause -> cause != null, Throwable::getCause)
                .limit(20)
                .toList();
    }
}
