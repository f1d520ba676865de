package io.github.wsbridge.core.bridges;

/**
 * Who requests a bridge, for logs and listeners.
 *
 * @param principal identifies the client
 * @param where the endpoint's path, or the address of an exposed port
 * @param address the client's address as the transport sees it; empty if it is not known
 */
public record Requester(String principal, String where, String address) {}
