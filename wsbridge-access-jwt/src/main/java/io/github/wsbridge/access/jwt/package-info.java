/** Access by JSON Web Tokens: {@link io.github.wsbridge.access.jwt.JwtPolicy}. */
@NullMarked
package io.github.wsbridge.access.jwt;

import org.jspecify.annotations.NullMarked;
