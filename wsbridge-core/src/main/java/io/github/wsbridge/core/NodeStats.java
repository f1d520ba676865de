package io.github.wsbridge.core;

/**
 * A snapshot of a node's counters.
 *
 * @param pending the number of requesters waiting for their device
 * @param bridges the number of bridges that are joined on this node or forwarded, including those about to end
 * @param listeners the number of devices listening on this node
 * @param draining whether the node is stopping
 */
public record NodeStats(int pending, int bridges, int listeners, boolean draining) {}
