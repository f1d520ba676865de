package io.github.wsbridge.signal.webhook;

import java.util.List;

/** The header fields of a webhook, described in docs/protocol.md. */
final class WebhookHeaders {

    static final String TIMESTAMP = "Wsbridge-Timestamp";
    static final String SIGNATURE = "Wsbridge-Signature";
    static final String IDEMPOTENCY_KEY = "Idempotency-Key";

    /** The fields that only the signaller sets. */
    static final List<String> OWN = List.of(TIMESTAMP, SIGNATURE, IDEMPOTENCY_KEY);

    private WebhookHeaders() {}
}
