package io.github.wsbridge.testkit;

import io.github.wsbridge.spi.Leg;

/**
 * The two ends of one open WebSocket, both without a receiver.
 *
 * @param near the leg under test
 * @param far the other end: another leg of the same kind, or a {@link SocketLeg}
 */
public record LegPair(Leg near, Leg far) {}
