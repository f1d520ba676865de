/**
 * Support for tests of plug-ins. Each suite named {@code …Contract} holds the contract of one service interface: extend
 * it in an implementation's tests and implement its abstract methods; it runs like any JUnit test class. The other
 * classes are fakes of the bridge's own types, and a WebSocket on a plain socket that can also misbehave.
 */
@NullMarked
package io.github.wsbridge.testkit;

import org.jspecify.annotations.NullMarked;
