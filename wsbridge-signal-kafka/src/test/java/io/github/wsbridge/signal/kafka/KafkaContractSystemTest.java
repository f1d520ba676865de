package io.github.wsbridge.signal.kafka;

import io.github.wsbridge.spi.Signaller;
import io.github.wsbridge.testkit.SignallerContract;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;

/** The contract of signallers and their devices, over Kafka's broker. */
@Tag("system")
final class KafkaContractSystemTest extends SignallerContract {

    @TempDir
    private static Path folder;

    private static KafkaBroker broker;

    private KafkaSignaller signaller;

    @BeforeAll
    static void startBroker() throws Exception {
        broker = new KafkaBroker(folder);
        broker.create(Settings.TOPIC, 3);
    }

    @AfterAll
    static void stopBroker() {
        if (broker != null) {
            broker.close();
        }
    }

    @Override
    protected Signaller newSignaller() {
        signaller = KafkaSignaller.create(broker.settings());
        return signaller;
    }

    @Override
    protected boolean knowsUnreachable() {
        return false;
    }

    @Override
    protected boolean carriesRejections() {
        return false;
    }

    @Override
    protected int kept() {
        return signaller.kept();
    }

    @Override
    protected AutoCloseable startDevice(String deviceId, Device device) throws Exception {
        KafkaReader reader = KafkaReader.start(broker.settings());
        AutoCloseable source = startDevice(KafkaInvitations.create(reader, deviceId), device);
        return () -> {
            source.close();
            reader.close();
        };
    }
}
