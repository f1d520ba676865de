package io.github.wsbridge.signal.webhook;

import java.util.List;

/** The header fields of a webhook, described in docs/protocol.md. */
final class WebhookHeaders {

    static final String TIMESTAMP = "Wsbridge-Timestamp";
    static final String SIGNATURE = "Wsbridge-Signature";
    static final String IDEMPOTENCY_KEY = "Idempotency-Key";

    // Those of Standard Webhooks.
    static final String STANDARD_ID = "webhook-id";
    static final String STANDARD_TIMESTAMP = "webhook-timestamp";
    static final String STANDARD_SIGNATURE = "webhook-signature";

    /** The fields that only the signaller sets. */
    static final List<String> OWN =
            List.of(TIMESTAMP, SIGNATURE, IDEMPOTENCY_KEY, STANDARD_ID, STANDARD_TIMESTAMP, STANDARD_SIGNATURE);

    private WebhookHeaders() {}
}
