/** A connector on OkHttp, for Android and for programs that use OkHttp. */
@NullMarked
package io.github.wsbridge.okhttp;

import org.jspecify.annotations.NullMarked;
