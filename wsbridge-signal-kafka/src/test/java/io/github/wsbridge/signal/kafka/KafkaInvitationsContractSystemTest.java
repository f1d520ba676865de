package io.github.wsbridge.signal.kafka;

import io.github.wsbridge.spi.InvitationSource;
import io.github.wsbridge.spi.Signaller;
import io.github.wsbridge.testkit.InvitationSourceContract;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;

/** The contract of a device's end, of which all share one reader, over Kafka's broker. */
@Tag("system")
final class KafkaInvitationsContractSystemTest extends InvitationSourceContract {

    private static final String TOPIC = "invitations.gateway-7";

    @TempDir
    private static Path folder;

    private static KafkaBroker broker;
    private static KafkaReader reader;

    @BeforeAll
    static void startBroker() throws Exception {
        broker = new KafkaBroker(folder);
        broker.create(TOPIC, 2);
        reader = KafkaReader.start(broker.settings(), TOPIC);
    }

    @AfterAll
    static void stopBroker() {
        if (reader != null) {
            reader.close();
        }
        if (broker != null) {
            broker.close();
        }
    }

    @Override
    protected Signaller newSignaller() {
        return KafkaSignaller.create(broker.settings(), deviceId -> TOPIC);
    }

    @Override
    protected InvitationSource newSource(String deviceId) {
        return KafkaInvitations.create(reader, deviceId);
    }
}
