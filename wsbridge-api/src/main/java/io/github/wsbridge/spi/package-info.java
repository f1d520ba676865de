/**
 * The bridge's service interfaces: transports ({@link io.github.wsbridge.spi.Leg},
 * {@link io.github.wsbridge.spi.Connector}), tokens, secondary channels, routing, access rules and observers.
 *
 * <p>The documentation of each interface says who calls it, on which thread, whether it may block and what a failure
 * means. The module {@code wsbridge-testkit} has a contract test suite for each.
 */
@NullMarked
package io.github.wsbridge.spi;

import org.jspecify.annotations.NullMarked;
