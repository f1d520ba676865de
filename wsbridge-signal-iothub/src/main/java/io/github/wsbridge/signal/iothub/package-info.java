/**
 * Azure IoT Hub as a secondary channel. The node's half is {@link io.github.wsbridge.signal.iothub.IotHubSignaller}, the
 * device's {@link io.github.wsbridge.signal.iothub.IotHubInvitations}. docs/recipes.md says how to set it up, and what was not
 * tried on the real hub.
 */
@NullMarked
package io.github.wsbridge.signal.iothub;

import org.jspecify.annotations.NullMarked;
