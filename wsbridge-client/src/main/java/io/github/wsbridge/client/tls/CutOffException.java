package io.github.wsbridge.client.tls;

import javax.net.ssl.SSLException;

/** Thrown if a stream ends without close_notify. */
final class CutOffException extends SSLException {

    private static final long serialVersionUID = 1L;

    CutOffException() {
        super("the encrypted stream was cut off: it ended without close_notify");
    }
}
