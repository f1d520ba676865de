package io.github.wsbridge.session;

/**
 * How a requester uses sessions.
 *
 * @param session the limits of each
 * @param ownBridges how many streams of a second get a bridge of their own
 * @param required whether a device without sessions is an error, instead of getting a bridge for each stream
 * @param maxSessions how many there may be with one device
 * @param maxWaiting how many streams may wait for one device's sessions
 */
record PoolSettings(SessionSettings session, int ownBridges, boolean required, int maxSessions, int maxWaiting) {}
