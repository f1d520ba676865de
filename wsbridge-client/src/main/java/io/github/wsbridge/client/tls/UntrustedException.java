package io.github.wsbridge.client.tls;

import java.security.cert.CertificateException;

/** Thrown if a certificate proves that the other end is not who it should be, or does not prove that it is. */
public final class UntrustedException extends CertificateException {

    private static final long serialVersionUID = 1L;

    private final String summary;

    /**
     * Creates an exception.
     *
     * @param summary a few words, which the other end may read
     * @param message what the user of this end should know and do
     */
    public UntrustedException(String summary, String message) {
        super(message);
        this.summary = summary;
    }

    /** Returns a few words, which the other end may read. */
    public String summary() {
        return summary;
    }
}
