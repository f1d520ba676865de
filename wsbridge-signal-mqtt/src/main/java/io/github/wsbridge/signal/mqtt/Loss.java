package io.github.wsbridge.signal.mqtt;

import com.hivemq.client.mqtt.exceptions.MqttSessionExpiredException;
import com.hivemq.client.mqtt.mqtt3.exceptions.Mqtt3ConnAckException;
import com.hivemq.client.mqtt.mqtt3.exceptions.Mqtt3SubAckException;
import com.hivemq.client.mqtt.mqtt3.message.connect.connack.Mqtt3ConnAckReturnCode;
import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5ConnAckException;
import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5DisconnectException;
import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5PubAckException;
import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5SubAckException;
import com.hivemq.client.mqtt.mqtt5.message.connect.connack.Mqtt5ConnAckReasonCode;
import com.hivemq.client.mqtt.mqtt5.message.disconnect.Mqtt5DisconnectReasonCode;
import com.hivemq.client.mqtt.mqtt5.message.publish.puback.Mqtt5PubAckReasonCode;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.UnknownHostException;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLException;

/** The meaning of a connection's end, or of a failed step. */
enum Loss {
    /** A retry may succeed. */
    BROKEN,
    /** The broker refuses the client or the topic: only a configuration change helps, here or at the broker. */
    REFUSED,
    /** The broker is over a limit, for this client or for all: fewer messages or a later retry may succeed. */
    OVER_LIMIT,
    /** Another connection with the same client id has taken over. */
    TAKEN_OVER;

    private static final Set<Mqtt5ConnAckReasonCode> REFUSALS = EnumSet.of(
            Mqtt5ConnAckReasonCode.UNSUPPORTED_PROTOCOL_VERSION,
            Mqtt5ConnAckReasonCode.CLIENT_IDENTIFIER_NOT_VALID,
            Mqtt5ConnAckReasonCode.BAD_USER_NAME_OR_PASSWORD,
            Mqtt5ConnAckReasonCode.NOT_AUTHORIZED,
            Mqtt5ConnAckReasonCode.BANNED,
            Mqtt5ConnAckReasonCode.BAD_AUTHENTICATION_METHOD);

    /** Failures that happen before CONNECT is sent. */
    private static final List<Class<?>> NOT_THAT_FAR = List.of(
            ConnectException.class, NoRouteToHostException.class, UnknownHostException.class, SSLException.class);

    static Loss of(Throwable cause) {
        if (cause instanceof Mqtt5ConnAckException refused) {
            return REFUSALS.contains(refused.getMqttMessage().getReasonCode()) ? REFUSED : BROKEN;
        }
        if (cause instanceof Mqtt3ConnAckException refused) {
            return refused.getMqttMessage().getReturnCode() == Mqtt3ConnAckReturnCode.SERVER_UNAVAILABLE
                    ? BROKEN
                    : REFUSED;
        }
        if (cause instanceof Mqtt5PubAckException refused) {
            return refused.getMqttMessage().getReasonCode() == Mqtt5PubAckReasonCode.QUOTA_EXCEEDED
                    ? OVER_LIMIT
                    : REFUSED;
        }
        if (cause instanceof Mqtt5SubAckException || cause instanceof Mqtt3SubAckException) {
            return REFUSED;
        }
        if (cause instanceof Mqtt5DisconnectException ended) {
            return of(ended.getMqttMessage().getReasonCode());
        }
        return BROKEN;
    }

    private static Loss of(Mqtt5DisconnectReasonCode code) {
        return switch (code) {
            case SESSION_TAKEN_OVER -> TAKEN_OVER;
            case MESSAGE_RATE_TOO_HIGH, QUOTA_EXCEEDED -> OVER_LIMIT;
            default -> BROKEN;
        };
    }

    /**
     * Returns whether an attempt to connect that failed this way may have left a CONNECT that the broker has yet to
     * process. A timeout of the client is a {@link Mqtt5DisconnectException}, too.
     */
    static boolean unanswered(Throwable cause) {
        boolean answered = cause instanceof Mqtt5ConnAckException
                || cause instanceof Mqtt3ConnAckException
                || cause instanceof Mqtt5SubAckException
                || cause instanceof Mqtt3SubAckException;
        return !answered && NOT_THAT_FAR.stream().noneMatch(kind -> kind.isInstance(cause.getCause()));
    }

    /** Returns a description of the cause; the MQTT client's messages contain neither payloads nor passwords. */
    static String words(Throwable cause) {
        if (cause instanceof TimeoutException) {
            return "timed out";
        }
        String message = cause.getMessage();
        if (message == null) {
            return cause.getClass().getSimpleName();
        }
        boolean proxyAsks =
                message.contains("status: 407") || message.contains("authStatus") || message.contains("authMethod");
        return proxyAsks
                ? message + ": the proxy wants a user and a password, or others: write them into its URL (--proxy,"
                        + " ALL_PROXY)"
                : message;
    }

    /**
     * Unwraps the exceptions that say only that a stage failed, or that an unacknowledged message failed with its
     * connection.
     */
    static Throwable unwrap(Throwable failure) {
        Throwable cause = failure;
        while (cause instanceof CompletionException || cause instanceof MqttSessionExpiredException) {
            Throwable behind = cause.getCause();
            if (behind == null) {
                break;
            }
            cause = behind;
        }
        return cause;
    }
}
