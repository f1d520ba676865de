package io.github.wsbridge.core;

/**
 * A snapshot of a node's counters.
 *
 * @param pending the number of requesters waiting for their device
 * @param bridges the number of bridges that are joined on this node or forwarded, including those about to end
 * @param listeners the number of devices listening on this node
 * @param draining whether the node is stopping
 * @param stalled the number of connections whose peers have read no data for a minute or longer, although some waits
 */
public record NodeStats(int pending, int bridges, int listeners, boolean draining, int stalled) {

    /** A snapshot without stalled connections. */
    public NodeStats(int pending, int bridges, int listeners, boolean draining) {
        this(pending, bridges, listeners, draining, 0);
    }
}
