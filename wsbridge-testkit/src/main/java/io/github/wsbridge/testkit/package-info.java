/**
 * What a plug-in's tests need. Each suite named {@code …Contract} holds the rules of one service interface: extend it in
 * the tests of an implementation, give it what its abstract methods ask for, and it runs as any JUnit test class. The
 * rest are fakes of the bridge's own types, and a WebSocket made of a plain socket that can also misbehave.
 */
@NullMarked
package io.github.wsbridge.testkit;

import org.jspecify.annotations.NullMarked;
