/**
 * Azure IoT Hub as a secondary channel. {@link io.github.wsbridge.signal.iothub.IotHubSignaller} is for nodes,
 * {@link io.github.wsbridge.signal.iothub.IotHubInvitations} for devices. docs/recipes.md describes how to set them up
 * and what has not been tested against a real hub.
 */
@NullMarked
package io.github.wsbridge.signal.iothub;

import org.jspecify.annotations.NullMarked;
