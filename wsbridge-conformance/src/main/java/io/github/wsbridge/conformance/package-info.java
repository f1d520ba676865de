/** The conformance kit: checks nodes, requesters and devices against the clauses of docs/protocol.md. */
@NullMarked
package io.github.wsbridge.conformance;

import org.jspecify.annotations.NullMarked;
