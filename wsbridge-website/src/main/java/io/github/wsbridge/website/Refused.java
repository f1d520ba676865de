package io.github.wsbridge.website;

import io.netty.handler.codec.http.HttpResponseStatus;

/** A request that the website answers itself with a failure. The message is for people. */
final class Refused extends Exception {

    private static final long serialVersionUID = 1L;

    private final transient HttpResponseStatus status;
    private final String words;

    Refused(HttpResponseStatus status, String message) {
        super(message, null, false, false);
        this.status = status;
        words = message;
    }

    HttpResponseStatus status() {
        return status;
    }

    String words() {
        return words;
    }
}
