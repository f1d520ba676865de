package io.github.wsbridge.core;

/**
 * What a node holds at one moment.
 *
 * @param pending requesters that wait for their device
 * @param bridges bridges that are joined here or forwarded, among them those about to end
 * @param listeners devices that listen here
 * @param draining whether the node is stopping
 */
public record NodeStats(int pending, int bridges, int listeners, boolean draining) {}
