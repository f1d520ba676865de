/**
 * A secondary channel over Apache Kafka: {@link io.github.wsbridge.signal.kafka.KafkaSignaller} for nodes, {@link
 * io.github.wsbridge.signal.kafka.KafkaInvitations} with a {@link io.github.wsbridge.signal.kafka.KafkaReader} for
 * devices.
 */
@NullMarked
package io.github.wsbridge.signal.kafka;

import org.jspecify.annotations.NullMarked;
