/** The metrics of a node: {@link io.github.wsbridge.metrics.BridgeMetrics}. */
@NullMarked
package io.github.wsbridge.metrics;

import org.jspecify.annotations.NullMarked;
