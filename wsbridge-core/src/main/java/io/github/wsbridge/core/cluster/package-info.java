/** The other nodes: credentials, links, forwarding. */
@NullMarked
package io.github.wsbridge.core.cluster;

import org.jspecify.annotations.NullMarked;
