/** Links to other nodes: credentials, invitations, forwarded accepts. */
@NullMarked
package io.github.wsbridge.core.peers;

import org.jspecify.annotations.NullMarked;
