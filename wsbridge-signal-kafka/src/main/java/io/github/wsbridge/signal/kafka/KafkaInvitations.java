package io.github.wsbridge.signal.kafka;

import io.github.wsbridge.CloseReason;
import io.github.wsbridge.DeviceState;
import io.github.wsbridge.Invitation;
import io.github.wsbridge.spi.InvitationSource;
import io.github.wsbridge.wire.message.InvitationJson;
import io.github.wsbridge.wire.message.JsonMessage;
import io.github.wsbridge.wire.message.MalformedMessageException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The device's side: takes a device's invitations from those that a {@link KafkaReader} reads, and rejects at the
 * accept URL. Pass it to {@code BridgeDevice.Builder.source}. Thread-safe; no method blocks.
 *
 * <p>The reader is the caller's, and may serve any number of devices. Closing the source leaves it open. If several
 * devices have the same id, all of them get its invitations. What expired more than a minute ago, by this machine's
 * clock, is dropped.
 */
public final class KafkaInvitations implements InvitationSource {

    private static final Logger log = LoggerFactory.getLogger(KafkaInvitations.class);

    /** Brokers keep messages, and a reader that they have not answered goes on where it was. */
    private static final Duration MOST_LATE = Duration.ofMinutes(1);

    private final KafkaReader reader;
    private final String deviceId;
    private volatile @Nullable Sink sink;

    /** Creates a source of the invitations for {@code deviceId}. */
    public static KafkaInvitations create(KafkaReader reader, String deviceId) {
        return new KafkaInvitations(reader, deviceId);
    }

    private KafkaInvitations(KafkaReader reader, String deviceId) {
        this.reader = reader;
        this.deviceId = deviceId;
    }

    String deviceId() {
        return deviceId;
    }

    @Override
    public void start(Sink to) {
        sink = to;
        reader.add(this);
    }

    void listening() {
        Sink to = sink;
        if (to != null) {
            to.listening();
        }
    }

    void state(DeviceState state) {
        Sink to = sink;
        if (to != null) {
            to.state(state);
        }
    }

    void ended() {
        Sink to = sink;
        if (to != null) {
            to.ended(new CloseReason(CloseReason.GOING_AWAY, "the Kafka reader is closed"));
        }
    }

    void received(byte[] payload) {
        Sink to = sink;
        if (to == null) {
            return;
        }
        try {
            Invitation invitation = InvitationJson.read(JsonMessage.read(payload), deviceId);
            Duration late = Duration.between(invitation.expiresAt(), reader.now());
            if (late.compareTo(MOST_LATE) > 0) {
                log.warn(
                        "Device {} drops an invitation that expired {} s ago: Kafka or the clock is late",
                        deviceId,
                        late.toSeconds());
            } else {
                to.offer(invitation);
            }
        } catch (MalformedMessageException e) {
            log.debug("Device {} drops a message: {}", deviceId, e.getMessage());
        } catch (RuntimeException e) {
            log.warn("Device {} failed to process an invitation", deviceId, e);
        }
    }

    @Override
    public void close() {
        sink = null;
        reader.remove(this);
    }
}
