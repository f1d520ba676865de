package io.github.wsbridge.launcher;

/** Whether streams share a bridge. */
enum SessionMode {
    auto,
    on,
    off
}
