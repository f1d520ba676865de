package io.github.wsbridge.launcher;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives signals another meaning. By reflection, since only {@code sun.misc.Signal} can do that, and the compiler does
 * not let it pass without a warning.
 */
final class Signals {

    private static final Logger log = LoggerFactory.getLogger(Signals.class);

    private Signals() {}

    /**
     * Runs an action, which must not block, on each SIGTERM and SIGINT from now on. The first one has started the JVM's
     * shutdown, after which the JVM itself ignores any further ones.
     *
     * @return gives the signals their former meaning
     */
    static Runnable furtherStopMeans(Runnable action) {
        Runnable term = means("TERM", action);
        Runnable interrupt = means("INT", action);
        return () -> {
            term.run();
            interrupt.run();
        };
    }

    /** Runs an action on each SIGHUP from now on, in place of what was done before; by default, the process ends. */
    static void hangupMeans(Runnable action) {
        means("HUP", action);
    }

    private static Runnable means(String name, Runnable action) {
        try {
            Class<?> signal = Class.forName("sun.misc.Signal");
            Class<?> handler = Class.forName("sun.misc.SignalHandler");
            Object running = Proxy.newProxyInstance(
                    handler.getClassLoader(),
                    new Class<?>[] {handler},
                    (self, method, arguments) -> handle(self, method, arguments, action));
            Method handle = signal.getMethod("handle", signal, handler);
            Object which = signal.getConstructor(String.class).newInstance(name);
            Object former = handle.invoke(null, which, running);
            return () -> restore(name, handle, which, former);
        } catch (ReflectiveOperationException | IllegalArgumentException e) {
            Throwable why = e instanceof InvocationTargetException wrapped ? wrapped.getCause() : e;
            log.debug("SIG{} keeps its meaning: {}", name, String.valueOf(why)); // such as on Windows, or with -Xrs
            return () -> {};
        }
    }

    private static void restore(String name, Method handle, Object which, Object former) {
        try {
            handle.invoke(null, which, former);
        } catch (ReflectiveOperationException e) {
            log.debug("SIG{} does not get its former meaning", name, e);
        }
    }

    private static @Nullable Object handle(Object self, Method method, Object @Nullable [] arguments, Runnable action) {
        return switch (method.getName()) {
            case "handle" -> {
                action.run();
                yield null;
            }
            case "equals" -> arguments != null && self == arguments[0];
            case "hashCode" -> System.identityHashCode(self);
            default -> Signals.class.getName();
        };
    }
}
