/** A node inside an embedded Tomcat. */
@NullMarked
package io.github.wsbridge.examples.tomcat;

import org.jspecify.annotations.NullMarked;
