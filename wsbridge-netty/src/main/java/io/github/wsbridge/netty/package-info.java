/**
 * The fast transport: a Netty server and a Netty connector, whose legs can pass bytes on without parsing fragments.
 */
@NullMarked
package io.github.wsbridge.netty;

import org.jspecify.annotations.NullMarked;
