package io.github.wsbridge.signal.iothub;

import com.microsoft.azure.sdk.iot.device.DeviceClient;
import com.microsoft.azure.sdk.iot.device.IotHubClientProtocol;
import com.microsoft.azure.sdk.iot.device.IotHubMessageResult;
import com.microsoft.azure.sdk.iot.device.Message;
import com.microsoft.azure.sdk.iot.device.MessageCallback;
import com.microsoft.azure.sdk.iot.device.twin.DirectMethodPayload;
import com.microsoft.azure.sdk.iot.device.twin.DirectMethodResponse;
import com.microsoft.azure.sdk.iot.device.twin.MethodCallback;
import io.github.wsbridge.Invitation;
import io.github.wsbridge.Rejection;
import io.github.wsbridge.spi.InvitationSource;
import io.github.wsbridge.wire.message.InvitationJson;
import io.github.wsbridge.wire.message.JsonMessage;
import io.github.wsbridge.wire.message.MalformedMessageException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Receives invitations from a device's IoT hub, by direct method and by cloud-to-device message. Thread-safe;
 * {@link #start} and {@link #close} do not block.
 *
 * <p>The hub allows only one connection per device. A program that also uses the hub for other purposes shares its
 * {@link DeviceClient} with this source and provides handlers for its other methods and messages.
 *
 * <p>The SDK handles one direct method at a time, so the source waits only briefly for the handler: after that the
 * method is answered with 200, and a later rejection goes to the accept URL. An invitation that the hub delivers twice
 * is offered once.
 */
public final class IotHubInvitations implements InvitationSource {

    private static final int NOT_IMPLEMENTED = 501;
    private static final int BAD_REQUEST = 400;
    private static final int UNAVAILABLE = 503;

    private final HubConnection connection;
    private final String deviceId;
    private final String methodName;
    private final Duration patience;
    private final @Nullable MethodCallback otherMethods;
    private final @Nullable MessageCallback otherMessages;
    private final Answers answers = new Answers();
    private volatile @Nullable Sink sink;

    private IotHubInvitations(Builder from) {
        deviceId = from.client.getConfig().getDeviceId();
        connection = new HubConnection(from.client, deviceId, from.shared, this::invoked, this::received, from.random);
        methodName = from.methodName;
        patience = from.patience;
        otherMethods = from.otherMethods;
        otherMessages = from.otherMessages;
    }

    /** Returns a builder for a source that uses an existing client, which is not open yet. */
    public static Builder builder(DeviceClient client) {
        return new Builder(client);
    }

    /**
     * Returns a builder for a source with its own client.
     *
     * @param connectionString {@code HostName=…;DeviceId=…;SharedAccessKey=…}; a secret
     * @param protocol MQTT or AMQPS, or one of them over WebSocket
     * @throws IllegalArgumentException if it is not such a string
     */
    public static Builder builder(String connectionString, IotHubClientProtocol protocol) {
        try {
            return builder(new DeviceClient(connectionString, protocol));
        } catch (RuntimeException e) {
            throw new IllegalArgumentException("not a device connection string of an IoT hub");
        }
    }

    @Override
    public void start(Sink to) {
        sink = to;
        connection.start(to);
    }

    @Override
    public void close() {
        sink = null;
        connection.close();
    }

    private @Nullable DirectMethodResponse invoked(String name, DirectMethodPayload payload, @Nullable Object context) {
        if (!name.equals(methodName)) {
            return otherMethods == null
                    ? new DirectMethodResponse(NOT_IMPLEMENTED, MethodAnswer.result("unknown method"))
                    : otherMethods.onMethodInvoked(name, payload, context);
        }
        CompletionStage<Answer> answer;
        try {
            answer = offer(InvitationJson.read(JsonMessage.read(payload.getPayloadAsJsonString()), deviceId));
        } catch (MalformedMessageException e) {
            return response(new Rejection(BAD_REQUEST, "not an invitation"));
        }
        if (answer == null) {
            return response(new Rejection(UNAVAILABLE, "the device is stopping"));
        }
        try {
            Answer said = answer.toCompletableFuture().get(patience.toNanos(), TimeUnit.NANOSECONDS);
            if (said instanceof Answer.Rejected no) {
                return response(no.rejection());
            }
            return new DirectMethodResponse(
                    MethodAnswer.OK, MethodAnswer.result(said instanceof Answer.Accepted ? "accepted" : "expired"));
        } catch (TimeoutException e) {
            return new DirectMethodResponse(MethodAnswer.OK, MethodAnswer.result("deferred"));
        } catch (ExecutionException e) {
            return response(new Rejection(UNAVAILABLE, "the device failed"));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return response(new Rejection(UNAVAILABLE, "the device is stopping"));
        }
    }

    private static DirectMethodResponse response(Rejection rejection) {
        return new DirectMethodResponse(MethodAnswer.status(rejection), MethodAnswer.rejection(rejection));
    }

    private IotHubMessageResult received(Message message, @Nullable Object context) {
        if (!InvitationJson.TYPE.equals(message.getProperty(HubNames.PROPERTY))) {
            return otherMessages == null
                    ? IotHubMessageResult.REJECT
                    : otherMessages.onCloudToDeviceMessageReceived(message, context);
        }
        try {
            CompletionStage<Answer> answer = offer(InvitationJson.read(JsonMessage.read(message.getBytes()), deviceId));
            if (answer == null) {
                return IotHubMessageResult.ABANDON;
            }
            return answer.toCompletableFuture().isCompletedExceptionally()
                    ? IotHubMessageResult.REJECT
                    : IotHubMessageResult.COMPLETE;
        } catch (MalformedMessageException e) {
            return IotHubMessageResult.REJECT;
        }
    }

    /** Returns the device's answer, also for a repeated invitation; null if the source is not open. */
    private @Nullable CompletionStage<Answer> offer(Invitation invitation) {
        Sink to = sink;
        return to == null ? null : answers.once(invitation, to);
    }

    /** Settings of a source; all optional. Not thread-safe. */
    public static final class Builder {
        private final DeviceClient client;
        private boolean shared;
        private String methodName = HubNames.METHOD;
        private Duration patience = Duration.ofSeconds(2);
        private @Nullable MethodCallback otherMethods;
        private @Nullable MessageCallback otherMessages;
        private RandomGenerator random = new SecureRandom();

        private Builder(DeviceClient client) {
            this.client = client;
        }

        /**
         * Leaves opening and closing the client to the program, which opens it before the source starts and keeps it
         * open. By default, the source opens the client, reopens it when the SDK has given up, and closes it.
         */
        public Builder shared() {
            shared = true;
            return this;
        }

        /** Sets the name of the direct method; {@code Bridge} by default. */
        public Builder methodName(String name) {
            methodName = HubNames.methodName(name);
            return this;
        }

        /** Sets how long a direct method waits for the handler's answer; 2 seconds by default. */
        public Builder patience(Duration value) {
            if (value.isNegative() || value.compareTo(Duration.ofMinutes(5)) > 0) {
                throw new IllegalArgumentException("patience must be at most 5 minutes, the longest that a hub waits");
            }
            patience = value;
            return this;
        }

        /**
         * Sets the handler for all other direct methods, which are answered with 501 by default. It is called with a
         * null context.
         */
        public Builder otherMethods(MethodCallback callback) {
            otherMethods = callback;
            return this;
        }

        /** Sets the handler for all other messages, which are rejected by default. It is called with a null context. */
        public Builder otherMessages(MessageCallback callback) {
            otherMessages = callback;
            return this;
        }

        /** Sets the source of randomness for the delays between attempts to connect. */
        Builder random(RandomGenerator value) {
            random = value;
            return this;
        }

        /** Builds the source. */
        public IotHubInvitations build() {
            return new IotHubInvitations(this);
        }
    }
}
