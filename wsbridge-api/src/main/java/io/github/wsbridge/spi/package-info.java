/**
 * What can be plugged into the bridge: transports ({@link io.github.wsbridge.spi.Leg},
 * {@link io.github.wsbridge.spi.Connector}), tokens, secondary channels, routing, access rules and observers.
 *
 * <p>Each interface says who calls it, on which thread, whether it may block and what a failure means. The module
 * {@code wsbridge-testkit} holds a contract suite for each.
 */
@NullMarked
package io.github.wsbridge.spi;

import org.jspecify.annotations.NullMarked;
