/**
 * Many streams on one bridge, with HTTP/2. {@link io.github.wsbridge.session.BridgeSessions} opens streams to devices,
 * {@link io.github.wsbridge.session.SessionHandler} hands each to a device's handler as if it were a bridge. Nodes see
 * one bridge and know nothing of it.
 */
@NullMarked
package io.github.wsbridge.session;

import org.jspecify.annotations.NullMarked;
