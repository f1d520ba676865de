package io.github.wsbridge.launcher.management;

import java.nio.charset.StandardCharsets;

/**
 * An answer to a request.
 *
 * @param type the media type
 */
record Answer(int status, String type, byte[] body) {

    static final String TEXT = "text/plain; charset=utf-8";
    static final String JSON = "application/json";

    static Answer ok(String type, String body) {
        return new Answer(200, type, body.getBytes(StandardCharsets.UTF_8));
    }

    /** An answer in words. */
    static Answer said(int status, String words) {
        return new Answer(status, TEXT, (words + "\n").getBytes(StandardCharsets.UTF_8));
    }
}
