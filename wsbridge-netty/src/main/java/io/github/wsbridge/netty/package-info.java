/** The fast transport: a Netty server and a Netty connector, whose legs pass bytes on without looking at them twice. */
@NullMarked
package io.github.wsbridge.netty;

import org.jspecify.annotations.NullMarked;
