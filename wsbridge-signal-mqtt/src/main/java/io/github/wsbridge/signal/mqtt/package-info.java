/**
 * A secondary channel over an MQTT broker: {@link io.github.wsbridge.signal.mqtt.MqttSignaller} for nodes,
 * {@link io.github.wsbridge.signal.mqtt.MqttInvitations} for devices, and
 * {@link io.github.wsbridge.signal.mqtt.MqttBroker} for the settings of the broker.
 */
@NullMarked
package io.github.wsbridge.signal.mqtt;

import org.jspecify.annotations.NullMarked;
