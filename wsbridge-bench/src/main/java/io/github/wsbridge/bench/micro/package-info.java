/** Microbenchmarks, run by JMH. */
@NullMarked
package io.github.wsbridge.bench.micro;

import org.jspecify.annotations.NullMarked;
