/**
 * Invitations by webhook. {@link io.github.wsbridge.signal.webhook.WebhookSignaller} is for nodes,
 * {@link io.github.wsbridge.signal.webhook.WebhookVerifier} and
 * {@link io.github.wsbridge.signal.webhook.WebhookInvitations} are for receivers. docs/protocol.md describes the format
 * for receivers in other languages.
 */
@NullMarked
package io.github.wsbridge.signal.webhook;

import org.jspecify.annotations.NullMarked;
