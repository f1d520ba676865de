/** Contract suites for transports: servers and connectors on real sockets. */
@NullUnmarked
package io.github.wsbridge.testkit.transport;

import org.jspecify.annotations.NullUnmarked;
