package io.github.wsbridge.wire.net;

import io.github.wsbridge.BridgeException;
import io.github.wsbridge.HandshakeException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.UnknownHostException;
import java.nio.channels.ClosedChannelException;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;

/** Says in one line why a connection failed, and what helps. */
public final class Reasons {

    /** What Netty's native transports put before the system's message. */
    private static final Pattern NATIVE = Pattern.compile("^\\w+\\(\\.\\.\\) failed with error\\(-\\d+\\): ");

    private static final Pattern NOT_TLS = Pattern.compile("(?i)unrecognized SSL message");

    private static final Pattern WANTS_CERTIFICATE = Pattern.compile("(?i)alert.*certificate_required");

    private static final Pattern REFUSED_CERTIFICATE = Pattern.compile("(?i)alert[:_ ]+(bad_certificate|unknown_ca"
            + "|certificate_(unknown|expired|revoked)|unsupported_certificate|access_denied)");

    private static final Pattern OTHER_NAME = Pattern.compile("No (name|subject alternative)|hostname|HTTPS identity");

    private Reasons() {}

    /** Returns one line for people, without the names of exceptions where their messages say enough. */
    public static String of(Throwable failure) {
        Throwable cause = failure;
        while ((cause instanceof CompletionException || cause instanceof ExecutionException)
                && cause.getCause() != null) {
            cause = cause.getCause();
        }
        String message = cause.getMessage();
        if (cause instanceof UnknownHostException) {
            return "unknown host: " + message;
        }
        if (cause instanceof ClosedChannelException && message == null) {
            return "the connection was closed";
        }
        if ((cause instanceof ConnectException || cause instanceof NoRouteToHostException) && message == null) {
            return "cannot connect";
        }
        if (message == null || message.isBlank()) {
            return cause.getClass().getSimpleName();
        }
        if (cause instanceof HandshakeException refused) {
            return "the server refused with HTTP status " + refused.status() + hint(refused);
        }
        if (cause instanceof BridgeException) {
            return "the bridge ended: " + message;
        }
        return NATIVE.matcher(message).replaceFirst("");
    }

    /** Returns the cure, or else what the server said; empty if there is nothing useful to add. */
    private static String hint(HandshakeException refused) {
        String words = refused.words();
        return switch (refused.status()) {
            case 401 -> ": the credentials are missing or unknown";
            case 403 -> ": the credentials do not permit this" + (words.isEmpty() ? "" : " (" + words + ")");
            case 404 -> ": there is no bridge at this URL";
            case 429 ->
                ": too many requests"
                        + (words.isEmpty() || words.contains("too many requests") ? "" : " (" + words + ")");
            case 503 ->
                ": try again later" + (words.isEmpty() || words.contains("try again") ? "" : " (" + words + ")");
            default -> words.isEmpty() ? "" : ": " + words;
        };
    }

    /** Returns a failure of TLS with a message that says what helps; any other failure unchanged. */
    public static IOException ofTls(IOException failure, String host, int port) {
        Optional<String> words = words(failure, new HostPort(host, port).toString());
        if (words.isEmpty()) {
            return failure;
        }
        SSLHandshakeException explained = new SSLHandshakeException(words.get());
        explained.initCause(failure);
        return explained;
    }

    private static Optional<String> words(IOException failure, String server) {
        if (chain(failure).noneMatch(SSLException.class::isInstance)) {
            return Optional.empty();
        }
        if (chain(failure)
                .anyMatch(cause -> cause.getClass().getSimpleName().equals("NotSslRecordException")
                        || NOT_TLS.matcher(text(cause)).find())) {
            return Optional.of(server + " does not speak TLS: use ws:// instead of wss://");
        }
        if (chain(failure).anyMatch(cause -> cause.getClass().getSimpleName().equals("SslHandshakeTimeoutException"))) {
            return Optional.of(
                    server + " does not answer with TLS: if it does not speak TLS, use ws:// instead of wss://");
        }
        if (chain(failure)
                .anyMatch(cause -> WANTS_CERTIFICATE.matcher(text(cause)).find())) {
            return Optional.of(server + " requires a certificate of the client: name one with --tls-cert FILE (in a"
                    + " program, with the connector's identity)");
        }
        if (chain(failure)
                .anyMatch(cause -> REFUSED_CERTIFICATE.matcher(text(cause)).find())) {
            return Optional.of(server + " does not accept the certificate of this client, or there is none: see"
                    + " --tls-cert FILE");
        }
        if (chain(failure).anyMatch(CertificateExpiredException.class::isInstance)) {
            return Optional.of("the certificate of " + server + " has expired; or the clock of this machine is wrong");
        }
        if (chain(failure).anyMatch(CertificateNotYetValidException.class::isInstance)) {
            return Optional.of(
                    "the certificate of " + server + " is not valid yet; or the clock of this machine is wrong");
        }
        Optional<String> otherName = chain(failure)
                .filter(cause -> cause instanceof CertificateException
                        && OTHER_NAME.matcher(text(cause)).find())
                .map(Reasons::text)
                .findFirst();
        if (otherName.isPresent()) {
            return Optional.of("the certificate of " + server + " is for another host (" + otherName.get()
                    + "): use a name that it contains");
        }
        if (chain(failure)
                .anyMatch(cause -> cause instanceof CertPathBuilderException
                        || text(cause).contains("PKIX path")
                        || text(cause).contains("certificate verify failed"))) {
            return Optional.of("the certificate of " + server + " is not trusted: if its authority is your own, name it"
                    + " with --tls-ca FILE (in a program, with the connector's trust)");
        }
        return Optional.empty();
    }

    private static Stream<Throwable> chain(Throwable failure) {
        return Stream.iterate(failure, cause -> cause != null, Throwable::getCause)
                .limit(20);
    }

    private static String text(Throwable cause) {
        return String.valueOf(cause.getMessage());
    }
}
