package io.github.wsbridge.core;

import io.github.wsbridge.NodeAddress;

/**
 * Another node, as one node sees it.
 *
 * @param address where it is
 * @param linked whether this node has a connection to it at present, over which it delivers invitations. One is made
 *     when there is something to deliver or to tell, so a peer without one need not be out of reach
 */
public record PeerState(NodeAddress address, boolean linked) {}
