package io.github.wsbridge.signal.webhook;

import java.util.List;

/** The header fields of a webhook; docs/protocol.md describes them. */
final class WebhookHeaders {

    static final String TIMESTAMP = "Wsbridge-Timestamp";
    static final String SIGNATURE = "Wsbridge-Signature";
    static final String IDEMPOTENCY_KEY = "Idempotency-Key";

    /** Those that nobody else sets. */
    static final List<String> OWN = List.of(TIMESTAMP, SIGNATURE, IDEMPOTENCY_KEY);

    private WebhookHeaders() {}
}
