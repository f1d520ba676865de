/** A node inside a Spring Boot application. */
@NullMarked
package io.github.wsbridge.examples.spring;

import org.jspecify.annotations.NullMarked;
