package io.github.wsbridge.jakarta;

import java.lang.reflect.Method;

/** What {@link GlassFishConnection} needs of Grizzly's connection, by reflection. */
final class GrizzlySocket {

    private final Object connection;
    private final Method open;
    private final Method close;
    private final Method terminate;

    /** Creates a socket from an {@code org.glassfish.grizzly.Connection}. */
    GrizzlySocket(Object connection) throws ReflectiveOperationException {
        Class<?> type = Class.forName(
                "org.glassfish.grizzly.Connection", false, connection.getClass().getClassLoader());
        this.connection = connection;
        open = type.getMethod("isOpen");
        close = type.getMethod("closeSilently");
        terminate = type.getMethod("terminateSilently");
    }

    boolean isOpen() {
        return (Boolean) invoke(open);
    }

    /** Closes the socket once it has sent what it has accepted. */
    void close() {
        invoke(close);
    }

    /** Closes the socket at once. */
    void terminate() {
        invoke(terminate);
    }

    private Object invoke(Method method) {
        try {
            return method.invoke(connection);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }
}
