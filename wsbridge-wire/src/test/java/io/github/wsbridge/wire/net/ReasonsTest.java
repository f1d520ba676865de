package io.github.wsbridge.wire.net;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.wsbridge.HandshakeException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ReasonsTest {

    @ParameterizedTest
    @CsvSource({
        "400, invalid Host, 400: invalid Host",
        "401, access denied, 401: the credentials are missing or unknown",
        "403, access denied, 403: the credentials do not permit this (access denied)",
        "429, too many requests, 429: too many requests",
        "429, too many invalid credentials, 429: too many requests (too many invalid credentials)",
        "429, '', 429: too many requests",
        "503, the node is full, 503: try again later (the node is full)",
    })
    void of_refusal_saysWhatHelps(int status, String words, String end) {
        assertThat(Reasons.of(new HandshakeException(status, words, null, null)))
                .isEqualTo("the server refused with HTTP status " + end);
    }
}
