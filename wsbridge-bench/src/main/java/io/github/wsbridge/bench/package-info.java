/**
 * Whole-process benchmarks that compare bridge nodes with other proxies. The {@code bench} command starts all
 * processes, including two load generators, which it controls by commands, one per line.
 */
@NullMarked
package io.github.wsbridge.bench;

import org.jspecify.annotations.NullMarked;
