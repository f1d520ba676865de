/**
 * Invitations by webhook. The node's half is {@link io.github.wsbridge.signal.webhook.WebhookSignaller}, the receiver's
 * {@link io.github.wsbridge.signal.webhook.WebhookVerifier} and {@link io.github.wsbridge.signal.webhook.WebhookInvitations}.
 * docs/protocol.md has the format for receivers in other languages.
 */
@NullMarked
package io.github.wsbridge.signal.webhook;

import org.jspecify.annotations.NullMarked;
