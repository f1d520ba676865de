/** Which nodes form the cluster. */
@NullMarked
package io.github.wsbridge.core.cluster;

import org.jspecify.annotations.NullMarked;
