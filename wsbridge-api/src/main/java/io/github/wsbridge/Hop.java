package io.github.wsbridge;

/** How an accept reached a node. An accept is forwarded at most once. */
public enum Hop {
    /** Directly from outside the cluster. */
    DIRECT,
    /** From another node of the cluster, which received it from outside. */
    FORWARDED
}
