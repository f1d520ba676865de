/** A node inside a Spring Boot application, configured by its properties. */
@NullMarked
package io.github.wsbridge.spring;

import org.jspecify.annotations.NullMarked;
