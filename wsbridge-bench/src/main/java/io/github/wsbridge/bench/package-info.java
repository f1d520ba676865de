/**
 * Measures whole processes: bridge nodes beside other proxies. The {@code bench} command starts everything, two generators
 * of load among it, which it tells what to do line by line.
 */
@NullMarked
package io.github.wsbridge.bench;

import org.jspecify.annotations.NullMarked;
