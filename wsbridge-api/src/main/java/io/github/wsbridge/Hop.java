package io.github.wsbridge;

/** How an accept came to a node. At most one forward ever happens. */
public enum Hop {
    /** From outside. */
    DIRECT,
    /** From another node of the cluster, which had it from outside. */
    FORWARDED
}
