/** The record of who used a node, and for what. */
@NullMarked
package io.github.wsbridge.launcher.audit;

import org.jspecify.annotations.NullMarked;
