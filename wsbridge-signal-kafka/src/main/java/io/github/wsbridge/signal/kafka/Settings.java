package io.github.wsbridge.signal.kafka;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;

/** The caller's settings of Kafka's clients, with others that suit invitations, which are few, short and urgent. */
final class Settings {

    static final String TOPIC = "wsbridge.v1.invitations";

    /** Names are resolved in the background, and for as long as it takes. */
    private static final long RESOLVING = Duration.ofDays(365).toMillis();

    private static final int MEMORY = 8 * 1024 * 1024;
    private static final int FETCH = 1024 * 1024;
    private static final int METADATA_AGE = 10_000;

    private Settings() {}

    static Map<String, Object> ofProducer(Map<String, ?> given) {
        Map<String, Object> all = new HashMap<>();
        all.put(ProducerConfig.BOOTSTRAP_RESOLVE_TIMEOUT_MS_CONFIG, RESOLVING);
        all.put(ProducerConfig.LINGER_MS_CONFIG, 0);
        all.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, 5_000);
        all.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, 10_000);
        all.put(ProducerConfig.BUFFER_MEMORY_CONFIG, MEMORY);
        all.putAll(given);
        all.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, 0); // a node's loops send
        return all;
    }

    static Map<String, Object> ofConsumer(Map<String, ?> given) {
        Map<String, Object> all = new HashMap<>();
        all.put(ConsumerConfig.BOOTSTRAP_RESOLVE_TIMEOUT_MS_CONFIG, RESOLVING);
        all.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
        all.put(ConsumerConfig.METADATA_MAX_AGE_CONFIG, METADATA_AGE); // then it knows of a new partition
        all.put(ConsumerConfig.FETCH_MAX_BYTES_CONFIG, FETCH);
        all.putAll(given);
        all.remove(ConsumerConfig.GROUP_ID_CONFIG);
        all.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false); // what was missed has expired
        all.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "latest");
        return all;
    }
}
