/** Traces of how bridges are set up: {@link io.github.wsbridge.tracing.OpenTelemetryTracer}. */
@NullMarked
package io.github.wsbridge.tracing;

import org.jspecify.annotations.NullMarked;
