/**
 * A secondary channel over an MQTT broker: {@link io.github.wsbridge.signal.mqtt.MqttSignaller} for nodes,
 * {@link io.github.wsbridge.signal.mqtt.MqttInvitations} for devices, and what both need to know of the broker in
 * {@link io.github.wsbridge.signal.mqtt.MqttBroker}.
 */
@NullMarked
package io.github.wsbridge.signal.mqtt;

import org.jspecify.annotations.NullMarked;
